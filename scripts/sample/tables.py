"""The tables of the sample site, and the files that their rows go to."""
import os

from basics import NULL, derive

HERE = os.path.dirname(os.path.abspath(__file__))
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


def load_schema():
    """{table: (flags, [(column, type, index)])}, in the file's order."""
    tables = {}
    with open(os.path.join(HERE, "schema")) as f:
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
