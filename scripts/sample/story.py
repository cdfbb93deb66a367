"""The rows of the sample site: a trading company, day after day."""
import base64
import json

from basics import (CITIES, DAYS, EPOCH, FIRST, LAST, NULL, ODD_TEXTS, WORDS,
                    derive, encryption_key, escape, fernet, money, token)


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
