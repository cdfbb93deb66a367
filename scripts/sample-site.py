#!/usr/bin/env python3
"""The maker of scripts/sample-site: a small but whole ERPNext-like site.

  sample-site.py make DIR MB SEED     the bench tree, and DIR/load: what the
                                      shell driver feeds to the server
  sample-site.py change DIR PERCENT   change that share of the files; the SQL
                                      that changes the rows goes to stdout
  sample-site.py checks               SQL whose every result must be 0

All content follows from MB and SEED alone: no clock, no randomness, no name
of the machine.  Rows are written as they are made, so any size needs the same
little memory.  Sums hold by construction: every voucher's debits equal its
credits, every Bin is the sum of its ledger, every File row is on the disk.
"""
import base64
import hashlib
import hmac
import json
import os
import re
import sys
from datetime import date, timedelta

HERE = os.path.dirname(os.path.abspath(__file__))
SITE = "sample.localhost"
EPOCH = 1735689600              # 2025-01-01, the first day of the story
DAYS = [(date(2025, 1, 1) + timedelta(n)).isoformat() for n in range(400)]
NULL = "\\N"
TYPES = {
    "s": ("varchar(140)", NULL), "x": ("text", NULL), "L": ("longtext", NULL),
    "j": ("json", NULL), "d": ("date", NULL), "D": ("datetime(6)", NULL),
    "t": ("time(6)", NULL),
    "c": ("decimal(21,9) NOT NULL DEFAULT 0.000000000", "0"),
    "i": ("int(11) NOT NULL DEFAULT 0", "0"),
    "k": ("tinyint(4) NOT NULL DEFAULT 0", "0"),
    "b": ("bigint(20) NOT NULL DEFAULT 0", "0"),
    "r": ("decimal(3,2)", NULL),
}
OPTIONS = ("ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET=utf8mb4 "
           "COLLATE=utf8mb4_unicode_ci")
PLAIN_TABLES = """
CREATE TABLE `__Auth` (`doctype` varchar(140) NOT NULL,
 `name` varchar(255) NOT NULL, `fieldname` varchar(140) NOT NULL,
 `password` text NOT NULL, `encrypted` tinyint(4) NOT NULL DEFAULT 0,
 PRIMARY KEY (`doctype`,`name`,`fieldname`)) {o};
CREATE TABLE `tabSingles` (`doctype` varchar(255) DEFAULT NULL,
 `field` varchar(255) DEFAULT NULL, `value` longtext DEFAULT NULL,
 KEY `singles_doctype_field_index` (`doctype`,`field`)) {o};
CREATE TABLE `tabSeries` (`name` varchar(100), `current` int(10) NOT NULL
 DEFAULT 0, PRIMARY KEY (`name`)) {o};
CREATE TABLE `tabSessions` (`user` varchar(255) DEFAULT NULL,
 `sid` varchar(255) DEFAULT NULL, `sessiondata` longtext,
 `ipaddress` varchar(16) DEFAULT NULL, `lastupdate` datetime(6) DEFAULT NULL,
 `status` varchar(20) DEFAULT NULL, KEY `sid` (`sid`)) {o};
CREATE TABLE `__UserSettings` (`user` varchar(180) NOT NULL,
 `doctype` varchar(180) NOT NULL, `data` text,
 UNIQUE KEY `user` (`user`,`doctype`)) {o};
CREATE TABLE `__global_search` (`doctype` varchar(100),
 `name` varchar(140), `title` varchar(140), `content` text,
 `route` varchar(140), `published` int(1) NOT NULL DEFAULT 0,
 UNIQUE KEY `doctype_name` (`doctype`,`name`),
 FULLTEXT KEY `content` (`content`)) {o};
CREATE TABLE `audit_item_price` (`id` bigint(20) NOT NULL AUTO_INCREMENT,
 `item_price` varchar(140) NOT NULL, `old_rate` decimal(21,9) NOT NULL,
 `new_rate` decimal(21,9) NOT NULL, PRIMARY KEY (`id`)) {o};
"""
PROGRAMS = r"""
CREATE SQL SECURITY DEFINER VIEW `open_invoices` AS
 SELECT si.`name`, si.`customer`, si.`posting_date`, si.`outstanding_amount`
 FROM `tabSales Invoice` si
 WHERE si.`docstatus` = 1 AND si.`outstanding_amount` > 0;
DELIMITER //
CREATE TRIGGER `item_price_audit` AFTER UPDATE ON `tabItem Price`
FOR EACH ROW
BEGIN
  IF OLD.price_list_rate <> NEW.price_list_rate THEN
    INSERT INTO audit_item_price (item_price, old_rate, new_rate)
    VALUES (NEW.name, OLD.price_list_rate, NEW.price_list_rate);
  END IF;
END//
CREATE FUNCTION `customer_outstanding`(who VARCHAR(140))
RETURNS DECIMAL(21,9) READS SQL DATA
BEGIN
  RETURN (SELECT COALESCE(SUM(amount), 0) FROM `tabPayment Ledger Entry`
          WHERE party_type = 'Customer' AND party = who AND delinked = 0);
END//
CREATE PROCEDURE `recompute_bin`(IN item VARCHAR(140))
BEGIN
  -- a comment that must survive, with 'quotes' and a ; in it
  UPDATE `tabBin` b SET
    b.actual_qty = (SELECT COALESCE(SUM(s.actual_qty), 0)
      FROM `tabStock Ledger Entry` s
      WHERE s.item_code = b.item_code AND s.warehouse = b.warehouse)
  WHERE b.item_code = item;
END//
CREATE EVENT `purge_error_log` ON SCHEDULE EVERY 1 DAY
STARTS '2025-01-01 03:00:00' ON COMPLETION PRESERVE ENABLE
DO DELETE FROM `tabError Log` WHERE `creation` < NOW() - INTERVAL 90 DAY//
DELIMITER ;
"""
CHECKS = """
SELECT COUNT(*) FROM (SELECT voucher_no FROM `tabGL Entry`
 GROUP BY voucher_type, voucher_no HAVING SUM(debit) <> SUM(credit)) x;
SELECT COUNT(*) FROM `tabBin` b LEFT JOIN (SELECT item_code, warehouse,
 SUM(actual_qty) q, SUM(stock_value_difference) v FROM
 `tabStock Ledger Entry` GROUP BY item_code, warehouse) s
 ON s.item_code = b.item_code AND s.warehouse = b.warehouse
 WHERE s.q IS NULL OR s.q <> b.actual_qty OR s.v <> b.stock_value;
SELECT COUNT(*) FROM (SELECT item_code, warehouse FROM
 `tabStock Ledger Entry` GROUP BY item_code, warehouse
 HAVING CONCAT(item_code, warehouse) NOT IN
 (SELECT CONCAT(item_code, warehouse) FROM `tabBin`)) x;
SELECT COUNT(*) FROM `tabSales Invoice` si WHERE si.outstanding_amount <>
 (SELECT COALESCE(SUM(p.amount), 0) FROM `tabPayment Ledger Entry` p
  WHERE p.against_voucher_no = si.name);
SELECT COUNT(*) FROM `tabSales Invoice` si WHERE si.net_total <>
 (SELECT SUM(i.amount) FROM `tabSales Invoice Item` i
  WHERE i.parent = si.name);
SELECT COUNT(*) FROM `tabSales Invoice Item` i LEFT JOIN `tabSales Invoice` p
 ON p.name = i.parent WHERE p.name IS NULL;
SELECT COUNT(*) FROM `tabSeries` s WHERE s.name = 'ACC-SINV-2025-' AND
 s.current <> (SELECT COUNT(*) FROM `tabSales Invoice`);
SELECT COUNT(*) = 0 FROM `__Auth` WHERE encrypted = 1;
"""
# Words of nobody in particular; the last ones break careless tools.
WORDS = """goods order paper steel blue red green large small metal plastic
wooden delivery invoice payment customer supplier meeting review approved
pending urgent sample quality check packed shipped received returned quarter
annual monthly report balance stock warehouse transport pallet carton label
price discount contract renewal service repair spare part engine bearing valve
filter cable switch panel frame screw bolt sensor module battery adapter
Größe Übergabe façade naïve São Málaga Ελλάδα Москва 東京 客户 भारत 🚚 📦""".split()
ODD_TEXTS = (
    "it's \"quoted\" with \\ and a tab\there",
    "two\r\nlines; -- no comment /* nor this */",
    "/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ in a text",
    "/*M!999999\\- enable the sandbox mode */",
    "\\N is no NULL here, nor is NULL",
    "nul follows \0 and 26 \x1a",
    "",
    " leading and trailing ",
)
CITIES = ("Pune", "Lyon", "Graz", "Porto", "Turku", "Cork", "Gdańsk", "Leuven")
FIRST = ("Ada", "Noor", "Iris", "Jan", "Mei", "Omar", "Zoë", "Luis", "Anja",
         "Ravi", "Tove", "Emre")
LAST = ("Okafor", "Lindqvist", "Moreau", "Sharma", "Novák", "Tanaka", "Silva",
        "Byrne", "Weiß", "Kaya", "Rossi", "Haddad")


class Dice:
    """A generator of our own, so that no Python version changes the site."""

    def __init__(self, seed):
        self.state = int.from_bytes(
            hashlib.sha256(seed.encode()).digest()[:8], "big") | 1

    def below(self, n):
        x = self.state
        x ^= (x << 13) & 0xffffffffffffffff
        x ^= x >> 7
        x ^= (x << 17) & 0xffffffffffffffff
        self.state = x
        return (x >> 11) % n

    def pick(self, choices):
        return choices[self.below(len(choices))]


def derive(seed, what, size=32):
    """Bytes that follow from the seed, for keys, passwords, contents."""
    return hashlib.shake_256(f"{seed}/{what}".encode()).digest(size)


def token(seed, what, size):
    return derive(seed, what, size).hex()[:size]


def escape(text):
    return (text.replace("\\", "\\\\").replace("\t", "\\t")
            .replace("\n", "\\n").replace("\r", "\\r").replace("\0", "\\0"))


def money(cents):
    sign = "-" if cents < 0 else ""
    cents = abs(cents)
    return f"{sign}{cents // 100}.{cents % 100:02d}"




def load_schema():
    """{table: (flags, [(column, type, index)])}, in the file's order."""
    tables = {}
    with open(os.path.join(HERE, "sample-site.schema")) as f:
        for line in f:
            if line.startswith("#") or not line.strip():
                continue
            if not line[0].isspace():
                name = line.strip().rstrip("+#")
                tables[name] = (line.strip()[len(name):], [])
                continue
            for word in line.split():
                column, kind = word.split(":")
                tables[name][1].append((column, kind[0], kind[1:]))
    return tables


def all_columns(flags, columns):
    """(column, SQL type, text when not given) as Frappe lays tables out."""
    out = [("name", "bigint(20) NOT NULL" if "#" in flags else
            "varchar(140) NOT NULL", None),
           ("creation", "datetime(6)", NULL), ("modified", "datetime(6)", NULL),
           ("modified_by", "varchar(140)", "Administrator"),
           ("owner", "varchar(140)", "Administrator"),
           ("docstatus", "tinyint(4) NOT NULL DEFAULT 0", "0"),
           ("idx", "int(11) NOT NULL DEFAULT 0", "0")]
    if "+" in flags:
        out += [(c, "varchar(140)", NULL)
                for c in ("parent", "parentfield", "parenttype")]
    out += [(c, *TYPES[kind]) for c, kind, _ in columns]
    if "+" not in flags:
        out += [(c, "text", NULL) for c in
                ("_user_tags", "_comments", "_assign", "_liked_by")]
    return out


def create_table(name, flags, columns):
    lines = [f" `{c}` {t}" for c, t, _ in all_columns(flags, columns)]
    lines.append(" PRIMARY KEY (`name`)")
    lines += [f" {'UNIQUE ' * (i == '!')}KEY `{c}` (`{c}`"
              f"{'(191)' * (k in 'xL')})" for c, k, i in columns if i]
    lines.append(" KEY `parent` (`parent`)" if "+" in flags
                 else " KEY `modified` (`modified`)")
    return (f"CREATE TABLE `tab{name}` (\n" + ",\n".join(lines) +
            f"\n) {OPTIONS};\n")


class Load:
    """The rows of all tables, on their way into one file each."""

    def __init__(self, folder, seed):
        self.folder, self.bytes, self.count = folder, 0, {}
        self.tables, self.files, self.serial = load_schema(), {}, 0
        self.salt = int.from_bytes(derive(seed, "names", 5), "big")
        self.columns = {n: all_columns(*t) for n, t in self.tables.items()}
        self.place = {n: {c[0]: i for i, c in enumerate(cols)}
                      for n, cols in self.columns.items()}
        self.empty = {n: [c[2] for c in cols]
                      for n, cols in self.columns.items()}

    def name(self):
        """Ten digits that look random and never repeat."""
        self.serial += 1
        return f"{(self.serial * 0x9e3779b1a5 + self.salt) % (1 << 40):010x}"

    def write(self, sql_name, fields):
        line = "\t".join(fields) + "\n"
        f = self.files.get(sql_name)
        if f is None:
            path = os.path.join(self.folder, f"{len(self.files)}.tsv")
            f = self.files[sql_name] = open(path, "w", newline="")
        f.write(line)
        self.bytes += len(line)
        self.count[sql_name] = self.count.get(sql_name, 0) + 1

    def put(self, table, when, **values):
        """One row; values are escaped by who knows that they need it."""
        row, place = self.empty[table][:], self.place[table]
        row[1] = row[2] = when
        for column, value in values.items():
            row[place[column]] = value
        if row[0] is None:
            row[0] = self.name()
        self.write("tab" + table, row)
        return row[0]

    def child(self, table, when, parenttype, parent, field, idx, **values):
        return self.put(table, when, parent=parent, parenttype=parenttype,
                        parentfield=field, idx=str(idx), **values)

    def finish(self):
        """What the driver runs: load.sql and the expected counts."""
        with open(os.path.join(self.folder, "schema.sql"), "w") as f:
            for name, table in self.tables.items():
                f.write(create_table(name, *table))
            f.write(PLAIN_TABLES.format(o=OPTIONS))
        load = open(os.path.join(self.folder, "load.sql"), "w")
        counts = open(os.path.join(self.folder, "counts.sql"), "w")
        # Counting while loading takes four times as long: count afterwards.
        load.write("SET SESSION sql_log_bin=0, unique_checks=0,"
                   " foreign_key_checks=0;\n"
                   "SET GLOBAL innodb_stats_auto_recalc=OFF;\n")
        for i, (name, f) in enumerate(self.files.items()):
            f.close()
            columns = ""
            if name[3:] in self.columns and name.startswith("tab"):
                columns = " (" + ",".join(
                    f"`{c[0]}`" for c in self.columns[name[3:]]) + ")"
            load.write(f"LOAD DATA LOCAL INFILE '{i}.tsv' INTO TABLE `{name}`"
                       f" CHARACTER SET utf8mb4{columns};\n")
            counts.write(f"SELECT COUNT(*) <> {self.count[name]}"
                         f" FROM `{name}`;\n")
        load.write("ANALYZE LOCAL TABLE " + ",".join(
            f"`{name}`" for name in self.files) +
            ";\nSET GLOBAL innodb_stats_auto_recalc=ON;\n")
        load.close()
        counts.close()


class Story:
    """A trading company, from its first day until there are enough rows."""

    TAX = 19

    def __init__(self, load, dice, seed, megabytes):
        self.load, self.dice, self.seed = load, dice, seed
        self.size = megabytes
        self.sentences = [self.sentence() for _ in range(400)]
        self.series = {}
        self.today, self.second = 0, 0
        self.stock = {}             # (item, warehouse): [quantity, value]

    # Small things
    def sentence(self):
        n = 6 + self.dice.below(10)
        text = " ".join(self.dice.pick(WORDS) for _ in range(n))
        return text[0].upper() + text[1:] + "."

    def text(self, n):
        return " ".join(self.dice.pick(self.sentences) for _ in range(n))

    def when(self):
        """A moment of today, later than the one before."""
        self.second = min(self.second + 7, 86399)
        s = self.second
        return (f"{DAYS[self.today]} {s // 3600:02d}:{s // 60 % 60:02d}:"
                f"{s % 60:02d}.{self.load.serial * 7919 % 1000000:06d}")

    def next(self, prefix):
        self.series[prefix] = n = self.series.get(prefix, 0) + 1
        return f"{prefix}{n:05d}"

    # What there is before the first day
    def masters(self):
        put, when = self.load.put, self.when()
        for flags in self.load.tables.items():
            name, (kind, columns) = flags
            put("DocType", when, name=name, module="Sample",
                istable=str(int("+" in kind)), engine="InnoDB", app="sample",
                autoname="hash", editable_grid="1")
            for i, (c, k, index) in enumerate(columns):
                self.load.child(
                    "DocField", when, "DocType", name, "fields", i + 1,
                    fieldname=c, label=c.replace("_", " ").title(),
                    fieldtype={"c": "Currency", "i": "Int", "k": "Check",
                               "d": "Date", "x": "Text"}.get(k, "Data"),
                    search_index=str(int(index == "*")),
                    unique=str(int(index == "!")))
            for i, role in enumerate(("System Manager", "Accounts User")):
                self.load.child("DocPerm", when, "DocType", name,
                                "permissions", i + 1, role=role, read="1",
                                write=str(1 - i))
        put("Module Def", when, name="Sample", module_name="Sample")
        for role in ("System Manager", "Accounts User", "Stock User", "Guest"):
            put("Role", when, name=role, role_name=role, desk_access="1")
        self.trees(when)
        self.users(when)
        self.parties(when)
        self.items(when)
        self.desk(when)

    def trees(self, when):
        put = self.load.put
        put("Company", when, name="Muster GmbH", company_name="Muster GmbH",
            abbr="MG", default_currency="EUR", country="Germany",
            lft="1", rgt="2", default_receivable_account="Debtors - MG")
        put("Fiscal Year", when, name="2025", year="2025",
            year_start_date="2025-01-01", year_end_date="2025-12-31")
        put("Country", when, name="Germany", country_name="Germany", code="de")
        for name, symbol in (("EUR", "€"), ("INR", "₹"), ("JPY", "¥")):
            put("Currency", when, name=name, currency_name=name, enabled="1",
                symbol=symbol, number_format="#.###,##")
        accounts = (("Debtors", "Asset", "Receivable"),
                    ("Stock In Hand", "Asset", "Stock"),
                    ("Bank", "Asset", "Bank"), ("Cash", "Asset", "Cash"),
                    ("Stock Received But Not Billed", "Liability", NULL),
                    ("VAT", "Liability", "Tax"), ("Sales", "Income", NULL),
                    ("Cost of Goods Sold", "Expense", NULL),
                    ("Office Expenses", "Expense", NULL))
        for i, (name, root, kind) in enumerate(accounts):
            put("Account", when, name=name + " - MG", account_name=name,
                root_type=root, account_type=kind, company="Muster GmbH",
                account_currency="EUR", lft=str(2 * i + 1), rgt=str(2 * i + 2))
        put("Cost Center", when, name="Main - MG", cost_center_name="Main",
            company="Muster GmbH", lft="1", rgt="2")
        for table, column, names in (
                ("Customer Group", "customer_group_name",
                 ("Commercial", "Individual")),
                ("Territory", "territory_name", ("Germany", "Rest of World")),
                ("Item Group", "item_group_name",
                 ("Products", "Raw Material", "Services")),
                ("Brand", "brand", ("Norden", "Süden")),
                ("UOM", "uom_name", ("Nos", "Kg", "Meter")),
                ("Price List", "price_list_name",
                 ("Standard Selling", "Standard Buying")),
                ("Mode of Payment", "mode_of_payment",
                 ("Cash", "Wire Transfer"))):
            for name in names:
                put(table, when, name=name, **{column: name})
        self.warehouses = ["Stores - MG", "Shop - MG", "Transit - MG"]
        for name in self.warehouses:
            put("Warehouse", when, name=name, warehouse_name=name[:-5],
                company="Muster GmbH", account="Stock In Hand - MG")

    def users(self, when):
        put = self.load.put
        self.people = ["Administrator"]
        for i in range(8 + self.size // 20):
            first, last = self.dice.pick(FIRST), self.dice.pick(LAST)
            self.people.append(f"user{i}@example.com")
            put("User", when, name=self.people[-1], enabled="1",
                email=self.people[-1], username=f"user{i}", first_name=first,
                last_name=last, full_name=f"{first} {last}", language="de",
                user_type="System User", bio=self.text(1),
                api_key=token(self.seed, f"api{i}", 15))
            self.load.child("Has Role", when, "User", self.people[-1], "roles",
                            1, role="Accounts User")
            put("Employee", when, name=f"HR-EMP-{i:05d}", employee_name=first,
                first_name=first, last_name=last, status="Active",
                user_id=self.people[-1], company="Muster GmbH",
                date_of_birth="1980-02-29", designation="Clerk", lft=str(i))
            put("User Permission", when, user=self.people[-1], allow="Company",
                for_value="Muster GmbH", is_default="1")
            self.load.child("DefaultValue", when, "__default",
                            self.people[-1], "system_defaults", 1,
                            defkey="company", defvalue="Muster GmbH")
            self.load.write("tabSessions", (
                self.people[-1], token(self.seed, f"sid{i}", 56),
                escape(repr({"user": f"user{i}", "csrf": token(
                    self.seed, f"csrf{i}", 40)})), "127.0.0.1", when,
                "Active"))
            self.load.write("__UserSettings", (
                self.people[-1], "Sales Invoice",
                escape(json.dumps({"List": {"order_by": "modified desc"}}))))
            digest = base64.b64encode(derive(self.seed, f"hash{i}")).decode()
            self.load.write("__Auth", (
                "User", self.people[-1], "password",
                f"$pbkdf2-sha256$29000$muster$" + digest.rstrip("="), "0"))
        key = encryption_key(self.seed)
        self.load.write("__Auth", (
            "Email Account", "Outgoing", "password",
            fernet(key, b"the mail server's password", EPOCH,
                   derive(self.seed, "iv", 16)), "1"))
        for key, value in (("country", "Germany"), ("setup_complete", "1"),
                           ("language", "de"), ("time_zone", "Europe/Berlin")):
            self.load.write("tabSingles", ("System Settings", key, value))

    def parties(self, when):
        put, pick = self.load.put, self.dice.pick
        self.customers = []
        for i in range(20 + 4 * self.size):
            name = f"{pick(LAST)} {pick(('AG', 'Ltd', 'SARL', '& Söhne'))} {i}"
            self.customers.append(name)
            put("Customer", when, name=name, customer_name=name,
                customer_type="Company", customer_group="Commercial",
                territory="Germany", default_currency="EUR", language="de",
                customer_details=escape(self.text(2)))
            address = put("Address", when, name=f"{name}-Billing",
                          address_title=name, address_type="Billing",
                          address_line1=f"{pick(WORDS)} {i}",
                          city=pick(CITIES), country="Germany",
                          pincode=f"{10000 + i}")
            self.load.child("Dynamic Link", when, "Address", address, "links",
                            1, link_doctype="Customer", link_name=name)
            put("Contact", when, name=f"{pick(FIRST)}-{name}",
                first_name=pick(FIRST), last_name=pick(LAST),
                email_id=f"c{i}@example.com", company_name=name)
            self.load.write("__global_search", (
                "Customer", name, name, escape(self.text(1)), NULL, "0"))
        self.suppliers = [f"Supplier {i}" for i in range(5 + self.size // 5)]
        for name in self.suppliers:
            put("Supplier", when, name=name, supplier_name=name,
                supplier_group="Local", supplier_type="Company",
                country="Germany", supplier_details=escape(self.text(1)))

    def items(self, when):
        put, pick = self.load.put, self.dice.pick
        self.goods = []             # (code, title, cost in cents)
        for i in range(30 + 5 * self.size):
            code = f"ITEM-{i:05d}"
            title = f"{pick(WORDS)} {pick(WORDS)} {i}"
            cost = 100 + self.dice.below(50000)
            self.goods.append((code, title, cost))
            put("Item", when, name=code, item_code=code, item_name=title,
                item_group="Products", stock_uom="Nos", is_stock_item="1",
                brand="Norden", description=escape(self.text(3)),
                valuation_rate=money(cost), standard_rate=money(cost * 7 // 5),
                end_of_life="2099-12-31", is_sales_item="1")
            self.load.child("Item Default", when, "Item", code,
                            "item_defaults", 1, company="Muster GmbH",
                            default_warehouse=self.warehouses[0])
            self.load.child("UOM Conversion Detail", when, "Item", code,
                            "uoms", 1, uom="Nos", conversion_factor="1")
            put("Item Price", when, item_code=code, item_name=title,
                price_list="Standard Selling", selling="1", currency="EUR",
                price_list_rate=money(cost * 7 // 5), valid_from="2025-01-01")
            if i % 10 == 0:
                put("Batch", when, name=f"B-{i}", batch_id=f"B-{i}", item=code,
                    manufacturing_date="2024-12-31", batch_qty="1.500000001")
                put("Serial No", when, name=f"SN-{i:06d}", item_code=code,
                    serial_no=f"SN-{i:06d}", status="Active")

    def desk(self, when):
        put = self.load.put
        for i, text in enumerate(ODD_TEXTS):
            put("Comment", when, name=f"odd-{i}", comment_type="Comment",
                reference_doctype="User", reference_name="Administrator",
                content=escape(text))
            put("Print Format", when, name=f"Odd {i}", html=escape(text * 3),
                doc_type="Sales Invoice", module="Sample")
        for name in ("Home", "Stock", "Accounting"):
            put("Workspace", when, name=name, label=name, title=name,
                sequence_id="1.500000000", public="1",
                content=json.dumps([{"type": "header", "data": name}]))
            put("Number Card", when, name=name, label=name, type="Report",
                filters_config=json.dumps({"of": name, "n": [1, 2.5, None]}))
            put("Report", when, name=name, report_name=name, is_standard="No",
                query="SELECT * FROM `tabBin` WHERE actual_qty > 0")
            put("Property Setter", when, name=f"{name}-x", doc_type="Item",
                field_name="brand", property="hidden", value="0")
            put("Custom Field", when, name=f"Item-{name}", dt="Item",
                fieldname=name.lower(), fieldtype="Data")
            put("Scheduled Job Type", when, name=f"job.{name}",
                method=f"job.{name}", frequency="Daily")

    # Bookkeeping
    def ledger(self, when, voucher, number, entries):
        """GL entries (account, cents; debit positive), summing to nothing."""
        assert sum(cents for _, cents, _ in entries) == 0
        for account, cents, party in entries:
            debit, credit = money(max(cents, 0)), money(max(-cents, 0))
            self.load.put(
                "GL Entry", when, docstatus="1", posting_date=when[:10],
                account=account + " - MG", voucher_type=voucher,
                voucher_no=number, debit=debit, credit=credit,
                debit_in_account_currency=debit, account_currency="EUR",
                credit_in_account_currency=credit, company="Muster GmbH",
                party_type="Customer" if party else NULL,
                party=party or NULL, cost_center="Main - MG",
                fiscal_year="2025", is_opening="No", is_advance="No",
                remarks=escape(self.text(1)) if cents > 0 else "No Remarks")

    def receivable(self, when, voucher, number, customer, cents, against):
        self.load.put(
            "Payment Ledger Entry", when, posting_date=when[:10],
            company="Muster GmbH", account_type="Receivable",
            account="Debtors - MG", party_type="Customer", party=customer,
            voucher_type=voucher, voucher_no=number, amount=money(cents),
            against_voucher_type="Sales Invoice", against_voucher_no=against,
            account_currency="EUR", amount_in_account_currency=money(cents))

    def move(self, when, voucher, number, detail, item, warehouse, quantity):
        """A stock ledger entry; returns what it is worth."""
        code, _, cost = item
        value = quantity * cost
        level = self.stock.setdefault((code, warehouse), [0, 0, cost])
        level[0] += quantity
        level[1] += value
        self.load.put(
            "Stock Ledger Entry", when, docstatus="1", item_code=code,
            warehouse=warehouse, posting_date=when[:10],
            posting_time=when[11:], posting_datetime=when,
            voucher_type=voucher, voucher_no=number, voucher_detail_no=detail,
            actual_qty=str(quantity), qty_after_transaction=str(level[0]),
            valuation_rate=money(cost), stock_value=money(level[1]),
            stock_value_difference=money(value), stock_uom="Nos",
            company="Muster GmbH", fiscal_year="2025",
            stock_queue=f"[[{level[0]}, {money(cost)}]]")
        return value

    def buy(self):
        when, pick = self.when(), self.dice.pick
        number, supplier = self.next("MAT-PRE-2025-"), pick(self.suppliers)
        warehouse, total = pick(self.warehouses), 0
        for i in range(4):
            item, quantity = pick(self.goods), 20 + self.dice.below(80)
            worth = quantity * item[2]
            detail = self.load.child(
                "Purchase Receipt Item", when, "Purchase Receipt", number,
                "items", i + 1, docstatus="1", item_code=item[0],
                item_name=item[1], description=escape(self.text(1)),
                qty=str(quantity), received_qty=str(quantity), uom="Nos",
                stock_uom="Nos", conversion_factor="1", rate=money(item[2]),
                amount=money(worth), warehouse=warehouse)
            total += self.move(when, "Purchase Receipt", number, detail, item,
                               warehouse, quantity)
        self.load.put("Purchase Receipt", when, name=number, docstatus="1",
                      supplier=supplier, supplier_name=supplier,
                      posting_date=when[:10], posting_time=when[11:],
                      company="Muster GmbH", currency="EUR", status="To Bill",
                      conversion_rate="1", total=money(total),
                      grand_total=money(total), set_warehouse=warehouse)
        self.ledger(when, "Purchase Receipt", number, (
            ("Stock In Hand", total, None),
            ("Stock Received But Not Billed", -total, None)))

    def sell(self):
        when, pick = self.when(), self.dice.pick
        number, customer = self.next("ACC-SINV-2025-"), pick(self.customers)
        warehouse, owner = pick(self.warehouses), pick(self.people)
        net = cost = pieces = 0
        for i in range(1 + self.dice.below(5)):
            item, quantity = pick(self.goods), 1 + self.dice.below(12)
            rate = item[2] * 7 // 5
            detail = self.load.child(
                "Sales Invoice Item", when, "Sales Invoice", number, "items",
                i + 1, docstatus="1", item_code=item[0], item_name=item[1],
                description=escape(self.text(1)), item_group="Products",
                qty=str(quantity), stock_qty=str(quantity), uom="Nos",
                stock_uom="Nos", conversion_factor="1", rate=money(rate),
                price_list_rate=money(rate), amount=money(rate * quantity),
                base_rate=money(rate), base_amount=money(rate * quantity),
                net_rate=money(rate), net_amount=money(rate * quantity),
                income_account="Sales - MG", cost_center="Main - MG",
                expense_account="Cost of Goods Sold - MG",
                warehouse=warehouse, incoming_rate=money(item[2]))
            net += rate * quantity
            pieces += quantity
            cost -= self.move(when, "Sales Invoice", number, detail, item,
                              warehouse, -quantity)
        tax = net * self.TAX // 100
        self.load.child(
            "Sales Taxes and Charges", when, "Sales Invoice", number, "taxes",
            1, docstatus="1", charge_type="On Net Total",
            account_head="VAT - MG", description="VAT", rate=str(self.TAX),
            tax_amount=money(tax), total=money(net + tax))
        paid = net + tax if self.dice.below(10) < 6 else 0
        self.invoice(when, number, customer, owner, warehouse, pieces, net,
                     tax, paid)
        self.ledger(when, "Sales Invoice", number, (
            ("Debtors", net + tax, customer), ("Sales", -net, None),
            ("VAT", -tax, None), ("Cost of Goods Sold", cost, None),
            ("Stock In Hand", -cost, None)))
        self.receivable(when, "Sales Invoice", number, customer, net + tax,
                        number)
        if paid:
            self.pay(number, customer, paid)
        self.talk(number, customer, owner)

    def invoice(self, when, number, customer, owner, warehouse, pieces, net,
                tax, paid):
        gross = money(net + tax)
        self.load.put(
            "Sales Invoice", when, name=number, docstatus="1", owner=owner,
            title=customer, naming_series="ACC-SINV-.YYYY.-",
            customer=customer, customer_name=customer, company="Muster GmbH",
            posting_date=when[:10], posting_time=when[11:],
            due_date=DAYS[min(self.today + 30, len(DAYS) - 1)],
            currency="EUR", conversion_rate="1", plc_conversion_rate="1",
            selling_price_list="Standard Selling", update_stock="1",
            set_warehouse=warehouse, total_qty=str(pieces),
            base_total=money(net), base_net_total=money(net),
            total=money(net), net_total=money(net),
            base_total_taxes_and_charges=money(tax),
            total_taxes_and_charges=money(tax), base_grand_total=gross,
            grand_total=gross, rounded_total=gross, base_rounded_total=gross,
            outstanding_amount=money(net + tax - paid),
            customer_address=f"{customer}-Billing", territory="Germany",
            debit_to="Debtors - MG", party_account_currency="EUR",
            is_opening="No", remarks=escape(self.text(1)),
            terms=escape(f"<div><p>{self.text(2)}</p></div>"),
            status="Paid" if paid else "Unpaid", language="de",
            customer_group="Commercial")

    def pay(self, invoice, customer, cents):
        when, number = self.when(), self.next("ACC-PAY-2025-")
        self.load.put("Payment Entry", when, name=number, docstatus="1",
                      payment_type="Receive", posting_date=when[:10],
                      company="Muster GmbH", mode_of_payment="Wire Transfer",
                      party_type="Customer", party=customer,
                      paid_from="Debtors - MG", paid_to="Bank - MG",
                      paid_amount=money(cents), received_amount=money(cents),
                      total_allocated_amount=money(cents), status="Submitted",
                      reference_no=f"TR-{number[-5:]}",
                      remarks=escape(self.text(1)))
        self.load.child("Payment Entry Reference", when, "Payment Entry",
                        number, "references", 1, docstatus="1",
                        reference_doctype="Sales Invoice",
                        reference_name=invoice, total_amount=money(cents),
                        allocated_amount=money(cents))
        self.ledger(when, "Payment Entry", number, (
            ("Bank", cents, None), ("Debtors", -cents, customer)))
        self.receivable(when, "Payment Entry", number, customer, -cents,
                        invoice)

    def talk(self, number, customer, owner):
        """What people and the system say about an invoice."""
        when, dice = self.when(), self.dice
        changes = {"changed": [["status", "Draft", "Unpaid"], ["remarks",
                   None, self.text(1)]], "row_changed": [], "added": []}
        self.load.put("Version", when, owner=owner, docname=number,
                      ref_doctype="Sales Invoice",
                      data=escape(json.dumps(changes, ensure_ascii=False)))
        if dice.below(2):
            body = "".join(f"<p>{self.text(2)}</p>\n" for _ in range(4))
            mail = self.load.put(
                "Communication", when, subject=f"Invoice {number}",
                communication_medium="Email", sender=owner, owner=owner,
                recipients="c@example.com", content=escape(body),
                communication_type="Communication", status="Linked",
                sent_or_received="Sent", communication_date=when,
                reference_doctype="Sales Invoice", reference_name=number)
            queued = self.load.put(
                "Email Queue", when, sender=owner, status="Sent",
                message=escape("From: x\r\n\r\n" + body),
                reference_doctype="Sales Invoice", reference_name=number,
                communication=mail)
            self.load.child("Email Queue Recipient", when, "Email Queue",
                            queued, "recipients", 1, status="Sent",
                            recipient="c@example.com")
        else:
            self.load.put("Comment", when, comment_type="Comment",
                          comment_email=owner, content=escape(self.text(2)),
                          reference_doctype="Sales Invoice",
                          reference_name=number, reference_owner=owner)
        self.load.put("Activity Log", when, subject=escape(self.text(1)),
                      operation="Login", status="Success", user=owner)

    def order(self):
        when, pick = self.when(), self.dice.pick
        number, customer = self.next("SAL-ORD-2025-"), pick(self.customers)
        total = 0
        for i in range(3):
            item, quantity = pick(self.goods), 1 + self.dice.below(9)
            total += quantity * item[2]
            self.load.child("Sales Order Item", when, "Sales Order", number,
                            "items", i + 1, item_code=item[0],
                            item_name=item[1], qty=str(quantity),
                            description=escape(self.text(1)),
                            rate=money(item[2]),
                            amount=money(item[2] * quantity))
        self.load.put("Sales Order", when, name=number, docstatus="1",
                      customer=customer, customer_name=customer,
                      order_type="Sales", transaction_date=when[:10],
                      company="Muster GmbH", net_total=money(total),
                      grand_total=money(total), status="To Deliver and Bill")
        self.load.put("ToDo", when, status="Open", priority="Medium",
                      allocated_to=pick(self.people), assigned_by=NULL,
                      description=escape(self.text(1)),
                      reference_type="Sales Order", reference_name=number)

    def journal(self):
        when, cents = self.when(), 100 + self.dice.below(1000000)
        number = self.next("ACC-JV-2025-")
        self.load.put("Journal Entry", when, name=number, docstatus="1",
                      voucher_type="Journal Entry", posting_date=when[:10],
                      company="Muster GmbH", total_debit=money(cents),
                      total_credit=money(cents),
                      user_remark=escape(self.text(1)))
        for i, (account, debit, credit) in enumerate((
                ("Office Expenses", cents, 0), ("Cash", 0, cents))):
            self.load.child("Journal Entry Account", when, "Journal Entry",
                            number, "accounts", i + 1, docstatus="1",
                            account=account + " - MG", debit=money(debit),
                            credit=money(credit), exchange_rate="1")
        self.ledger(when, "Journal Entry", number, (
            ("Office Expenses", cents, None), ("Cash", -cents, None)))

    def logs(self, n):
        when, put = self.when(), self.load.put
        put("Error Log", when, method="sample.tasks.daily",
            error=escape("Traceback (most recent call last):\n  File \"x.py\","
                         f" line {n}\n{self.text(3)}"))
        put("Scheduled Job Log", when, status="Complete",
            scheduled_job_type="job.Stock", details=escape(self.text(1)))
        put("Web Page View", when, name=str(n + 1), path="/shop",
            browser="Firefox", browser_version="140",
            visitor_id=token(self.seed, f"visitor{n % 97}", 32))
        put("Access Log", when, name=str(n + 1), user=self.people[1],
            method="GET", filters="{}", page=escape(self.text(1)))
        put("Integration Request", when, status="Completed",
            integration_request_service="Bank", url="https://bank.example/",
            data=escape(json.dumps({"n": n, "text": self.text(1)},
                                   ensure_ascii=False)))

    def tell(self, until):
        """Day after day until the rows take this many bytes."""
        self.masters()
        began, n = self.load.bytes, 0
        while self.load.bytes < until:
            done = (self.load.bytes - began) / max(until - began, 1)
            if int(done * (len(DAYS) - 1)) > self.today:
                self.today, self.second = self.today + 1, 0
            if n % 4 == 0:
                self.buy()
            self.sell()
            if n % 5 == 0:
                self.order()
            if n % 10 == 0:
                self.journal()
                self.logs(n // 10)
            n += 1
        self.end(n)

    def end(self, n):
        when = self.when()
        for (code, warehouse), (quantity, value, cost) in self.stock.items():
            self.load.put("Bin", when, item_code=code, warehouse=warehouse,
                          actual_qty=str(quantity), stock_uom="Nos",
                          projected_qty=str(quantity),
                          valuation_rate=money(cost), stock_value=money(value))
        for prefix, current in self.series.items():
            self.load.write("tabSeries", (prefix, str(current)))
        self.views = (n + 9) // 10


# Fernet, as Frappe keeps secrets in __Auth (AES-128-CBC and HMAC-SHA256)

def encryption_key(seed):
    return base64.urlsafe_b64encode(derive(seed, "fernet")).decode()


def aes_tables():
    """The S-box, from its definition: inverse in GF(2^8), then affine."""
    box, p, q = [0] * 256, 1, 1
    while True:
        p = p ^ (p << 1 & 255) ^ (0x1b if p & 128 else 0)
        for shift in (1, 2, 4):
            q ^= q << shift & 255
        q ^= 9 if q & 128 else 0
        rotated = q
        for shift in (1, 2, 3, 4):
            rotated ^= (q << shift | q >> (8 - shift)) & 255
        box[p] = rotated ^ 0x63
        if p == 1:
            break
    box[0] = 0x63
    return box


def aes_encrypt(key, block, box):
    words, rcon = [list(key[i:i + 4]) for i in range(0, 16, 4)], 1
    for i in range(4, 44):
        word = words[-1][:]
        if i % 4 == 0:
            word = [box[b] for b in word[1:] + word[:1]]
            word[0] ^= rcon
            rcon = (rcon << 1) ^ (0x11b if rcon & 128 else 0)
        words.append([a ^ b for a, b in zip(words[-4], word)])
    keys = [sum(words[i:i + 4], []) for i in range(0, 44, 4)]
    state = [a ^ b for a, b in zip(block, keys[0])]
    for number in range(1, 11):
        state = [box[state[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if number < 10:
            mixed = []
            for i in range(0, 16, 4):
                column = state[i:i + 4]
                every = column[0] ^ column[1] ^ column[2] ^ column[3]
                for k in range(4):
                    pair = column[k] ^ column[(k + 1) % 4]
                    twice = (pair << 1) ^ (0x11b if pair & 128 else 0)
                    mixed.append(column[k] ^ every ^ twice)
            state = mixed
        state = [a ^ b for a, b in zip(state, keys[number])]
    return bytes(state)


def fernet(key, text, seconds, iv):
    raw, box = base64.urlsafe_b64decode(key), aes_tables()
    fill = 16 - len(text) % 16
    text, last, sealed = text + bytes([fill]) * fill, iv, b""
    for i in range(0, len(text), 16):
        block = bytes(a ^ b for a, b in zip(text[i:i + 16], last))
        last = aes_encrypt(raw[16:], block, box)
        sealed += last
    body = b"\x80" + seconds.to_bytes(8, "big") + iv + sealed
    tag = hmac.new(raw[:16], body, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(body + tag).decode()


# The tree of the bench

def write_file(path, content, mode=0o644, moment=EPOCH):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if isinstance(content, str):
        content = content.encode()
    with open(path, "wb") as f:
        f.write(content)
    os.chmod(path, mode)
    os.utime(path, (moment, moment))


def configuration(folder, seed, db):
    bench, sites = folder + "/frappe-bench", folder + "/frappe-bench/sites"
    commit = {app: token(seed, app, 40) for app in ("frappe", "erpnext")}

    def dump(value):
        return json.dumps(value, indent=1) + "\n"

    write_file(f"{sites}/{SITE}/site_config.json", dump({
        "db_name": db, "db_password": token(seed, "site password", 16),
        "db_type": "mariadb", "encryption_key": encryption_key(seed),
        "host_name": f"https://{SITE}"}), 0o600)
    write_file(f"{sites}/common_site_config.json", dump({
        "background_workers": 1, "default_site": SITE, "webserver_port": 8000,
        "redis_cache": "redis://127.0.0.1:13000",
        "redis_queue": "redis://127.0.0.1:11000"}), 0o600)
    write_file(f"{sites}/apps.txt", "frappe\nerpnext\n")
    write_file(f"{sites}/apps.json", dump({app: {
        "resolution": {"commit_hash": commit[app], "branch": "version-15"},
        "required": [], "idx": i + 1, "version": "15.0.0"}
        for i, app in enumerate(commit)}))
    for app in commit:
        write_file(f"{bench}/apps/{app}/.git/HEAD", commit[app] + "\n")
        write_file(f"{bench}/apps/{app}/{app}/__init__.py",
                   '__version__ = "15.0.0"\n')
        write_file(f"{bench}/apps/{app}/{app}/public/app.css", "body {}\n")
        os.makedirs(f"{sites}/assets", exist_ok=True)
        link = f"{sites}/assets/{app}"
        os.symlink(f"../../apps/{app}/{app}/public", link)
        os.utime(link, (EPOCH, EPOCH), follow_symlinks=False)
    write_file(f"{bench}/Procfile", "redis_cache: redis-server "
               "config/redis_cache.conf\nweb: bench serve --port 8000\n"
               "worker: bench worker\nschedule: bench schedule\n")
    write_file(f"{bench}/config/nginx.conf",
               f"server {{\n\tlisten 80;\n\tserver_name {SITE};\n\t"
               "location / {\n\t\tproxy_pass http://127.0.0.1:8000;\n\t}\n}\n")
    write_file(f"{bench}/config/supervisor.conf",
               "[program:frappe-bench-web]\ncommand=bench serve\n"
               "autostart=true\n")
    for name, port in (("cache", 13000), ("queue", 11000)):
        write_file(f"{bench}/config/redis_{name}.conf",
                   f"bind 127.0.0.1\nport {port}\nmaxmemory 100mb\n")
    for name in ("logs", "locks", "private/backups"):
        os.makedirs(f"{sites}/{SITE}/{name}", exist_ok=True)
    write_file(f"{sites}/{SITE}/logs/web.log", "a line that no backup needs\n")


def content_of(story, number, size):
    """A spreadsheet-like text for every third, else what a photo is like."""
    if number % 3:
        return derive(story.seed, f"content {number}", size)
    lines, length = [], 0
    while length < size:
        line = f"{number};{story.dice.below(10 ** 6)};{story.text(1)}\n"
        lines.append(line.encode())
        length += len(lines[-1])
    return b"".join(lines)[:size]


def attachments(folder, story, total):
    """Files of this many bytes altogether, and a row for each of them."""
    home, put = f"{folder}/frappe-bench/sites/{SITE}", story.load.put
    when, dice, number = story.when(), story.dice, 0
    for name, parent in (("Home", NULL), ("Home/Attachments", "Home")):
        put("File", when, name=name, file_name=name.split("/")[-1],
            is_folder="1", is_home_folder=str(int(parent == NULL)),
            is_attachments_folder=str(int(parent != NULL)), folder=parent)
    os.makedirs(home + "/public/files", exist_ok=True)
    os.makedirs(home + "/private/files", exist_ok=True)
    while total > 0:
        size = 500 + dice.below(dice.pick((40000, 40000, 400000, 2000000)))
        size = min(size, total)
        total -= size
        content = content_of(story, number, size)
        digest = hashlib.md5(content).hexdigest()
        kind = ("csv", "pdf", "jpg")[number % 3]
        stem = (f"{dice.pick(WORDS)}-{number}", f"Angebot für {number} (1)",
                f"scan+100% {number}")[dice.below(30) // 14]
        name = f"{stem}{digest[-6:]}.{kind}"
        private = dice.below(2)
        path = ("/private" if private else "/public") + "/files/" + name
        url = ("/private" if private else "") + "/files/" + name
        write_file(home + path, content, moment=EPOCH + 3600 * number)
        for copy in range(1 + (number % 20 == 7)):   # attached twice, at times
            put("File", when, file_name=name, is_private=str(private),
                file_type=kind.upper(), file_size=str(size), file_url=url,
                folder="Home/Attachments", content_hash=digest,
                attached_to_doctype="Sales Invoice" if copy == 0 else "Item",
                attached_to_name=f"ACC-SINV-2025-{number + 1:05d}"
                if copy == 0 else story.goods[0][0])
        number += 1


def accounts(db, seed):
    """The site's own account as Frappe makes it, and one for backups only."""
    return f"""
CREATE USER `{db}`@`localhost` IDENTIFIED BY
 '{token(seed, "site password", 16)}';
GRANT ALL PRIVILEGES ON `{db}`.* TO `{db}`@`localhost`;
CREATE USER `muster`@`localhost` IDENTIFIED BY
 '{token(seed, "backup password", 24)}';
GRANT RELOAD, BINLOG MONITOR, REPLICATION SLAVE ON *.* TO `muster`@`localhost`;
GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES ON `{db}`.*
 TO `muster`@`localhost`;
-- bodies of routines and grants of the site's accounts are read from here
GRANT SELECT ON `mysql`.* TO `muster`@`localhost`;
"""


def make(folder, megabytes, seed):
    db, half = "_" + token(seed, "db", 16), megabytes * 500000
    os.mkdir(folder + "/load")
    load = Load(folder + "/load", f"{seed}/{megabytes}")
    story = Story(load, Dice(f"{seed}/{megabytes}"), seed, megabytes)
    story.tell(half)
    attachments(folder, story, half)
    load.finish()
    configuration(folder, seed, db)
    next_view = story.views + 1
    write_file(folder + "/load/after.sql", f"""
CREATE SEQUENCE `web_page_view_id_seq` START WITH {next_view} NOCACHE NOCYCLE;
CREATE SEQUENCE `access_log_id_seq` START WITH {next_view} CACHE 50;
{PROGRAMS}""")
    write_file(folder + "/load/accounts.sql", accounts(db, seed), 0o600)
    write_file(folder + "/load/password",
               token(seed, "backup password", 24) + "\n", 0o600)
    write_file(folder + "/load/database", db + "\n")
    write_file(folder + "/load/sample-site.json", json.dumps({
        "version": 1, "mb": megabytes, "seed": seed, "database": db,
        "site": SITE, "rows": sum(load.count.values()), "round": 0}) + "\n")


# Changes

def change_files(folder, share, number):
    home = f"{folder}/frappe-bench/sites/{SITE}"
    for part, prefix in (("public", ""), ("private", "/private")):
        for name in sorted(os.listdir(f"{home}/{part}/files")):
            path = f"{home}/{part}/files/{name}"
            chance = hashlib.md5(f"{number}/{part}/{name}".encode()).digest()
            if int.from_bytes(chance[:4], "big") >= share * (1 << 32):
                continue
            content = derive(f"{number}/{part}", name, os.stat(path).st_size)
            write_file(path, content, moment=EPOCH + 86400 * (400 + number))
            url = f"{prefix}/files/{name}".replace("'", "''")
            print(f"UPDATE `tabFile` SET modified = '{after(number)}',"
                  f" content_hash = '{hashlib.md5(content).hexdigest()}'"
                  f" WHERE file_url = '{url}';")


def after(number):
    return (date(2026, 3, 1) + timedelta(number)).isoformat() + " 12:00:00"


def chosen(what, share):
    """A condition that this share of the rows meets, the same everywhere."""
    return (f"CONV(LEFT(MD5(CONCAT(name, '/{what}')), 8), 16, 10) <"
            f" {int(share * (1 << 32))}")


def change_rows(share, number):
    """Some rows of every table; sums stay, for only words and times change."""
    for name, (flags, columns) in load_schema().items():
        words = [c for c, kind, index in columns if kind in "xL" and not index
                 and c in ("remarks", "description", "content", "bio",
                           "customer_details", "error", "terms")]
        what = "".join(f", `{c}` = CONCAT('round {number}: ', `{c}`)"
                       for c in words[:1])
        if name == "Item Price":
            what += ", price_list_rate = price_list_rate + 1"
        if name != "File":
            print(f"UPDATE `tab{name}` SET modified = '{after(number)}'{what}"
                  f" WHERE {chosen(number, share)};")
    for name in ("Error Log", "Version", "Web Page View", "Activity Log"):
        print(f"DELETE FROM `tab{name}` WHERE"
              f" {chosen(f'gone/{number}', share / 10)};")
    print("INSERT INTO `tabComment` (name, creation, modified, owner, content)"
          f" SELECT CONCAT('r{number}-', name), '{after(number)}',"
          f" '{after(number)}', owner, CONCAT('again: ', content)"
          " FROM `tabComment` WHERE name NOT LIKE 'r%' AND"
          f" {chosen(f'new/{number}', share / 10)};")


def change(folder, percent):
    with open(folder + "/sample-site.json") as f:
        about = json.load(f)
    about["round"] += 1
    change_files(folder, percent / 100, about["round"])
    change_rows(percent / 100, about["round"])
    with open(folder + "/sample-site.json.new", "w") as f:
        f.write(json.dumps(about) + "\n")


def check_files(folder):
    """On the standard input: path, md5, size of each File row."""
    home, rows, bad = f"{folder}/frappe-bench/sites/{SITE}", set(), 0
    for line in sys.stdin:
        url, digest, size = re.split("\t", line.rstrip("\n"))
        path = url if url.startswith("/private") else "/public" + url
        rows.add(path)
        with open(home + path, "rb") as f:
            content = f.read()
        if (hashlib.md5(content).hexdigest() != digest or
                len(content) != int(size)):
            print(f"differs: {path}")
            bad += 1
    for part in ("public", "private"):
        for name in os.listdir(f"{home}/{part}/files"):
            if f"/{part}/files/{name}" not in rows:
                print(f"no row: /{part}/files/{name}")
                bad += 1
    return bad == 0 and len(rows) > 0


def main(arguments):
    if len(arguments) == 4 and arguments[0] == "make":
        make(arguments[1], int(arguments[2]), arguments[3])
    elif len(arguments) == 3 and arguments[0] == "change":
        change(arguments[1], float(arguments[2]))
    elif arguments == ["checks"]:
        print(CHECKS)
    elif len(arguments) == 2 and arguments[0] == "check-files":
        return 0 if check_files(arguments[1]) else 1
    else:
        sys.stderr.write(__doc__)
        return 64
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
