/** One row of the chart every new company starts with: name, AccountType, AccountSubType, parent's name. */
export interface ChartRow {
  name: string
  type: string
  subType: string
  parent?: string
}

const row = (name: string, type: string, subType: string, parent?: string): ChartRow =>
  parent === undefined ? { name, type, subType } : { name, type, subType, parent }

/** A small business's chart of accounts. Parents come before their sub-accounts. */
export const chart: readonly ChartRow[] = [
  row('Checking', 'Bank', 'Checking'),
  row('Savings', 'Bank', 'Savings'),
  row('Payroll Checking', 'Bank', 'Checking'),
  row('Business Credit Card', 'Credit Card', 'CreditCard'),
  row('Travel Credit Card', 'Credit Card', 'CreditCard'),
  row('Accounts Receivable (A/R)', 'Accounts Receivable', 'AccountsReceivable'),
  row('Undeposited Funds', 'Other Current Asset', 'UndepositedFunds'),
  row('Inventory Asset', 'Other Current Asset', 'Inventory'),
  row('Prepaid Expenses', 'Other Current Asset', 'PrepaidExpenses'),
  row('Furniture and Equipment', 'Fixed Asset', 'FurnitureAndFixtures'),
  row('Accumulated Depreciation', 'Fixed Asset', 'AccumulatedDepreciation'),
  row('Accounts Payable (A/P)', 'Accounts Payable', 'AccountsPayable'),
  row('Sales Tax Payable', 'Other Current Liability', 'SalesTaxPayable'),
  row('Payroll Liabilities', 'Other Current Liability', 'PayrollTaxPayable'),
  row('Line of Credit', 'Other Current Liability', 'LineOfCredit'),
  row('Equipment Loan', 'Long Term Liability', 'NotesPayable'),
  row('Opening Balance Equity', 'Equity', 'OpeningBalanceEquity'),
  row('Owner Contributions', 'Equity', 'OwnersEquity'),
  row('Owner Draws', 'Equity', 'OwnersEquity'),
  row('Retained Earnings', 'Equity', 'RetainedEarnings'),
  row('Sales', 'Income', 'SalesOfProductIncome'),
  row('Services', 'Income', 'ServiceFeeIncome'),
  row('Refunds and Discounts Given', 'Income', 'DiscountsRefundsGiven'),
  row('Uncategorized Income', 'Income', 'ServiceFeeIncome'),
  row('Interest Earned', 'Other Income', 'InterestEarned'),
  row('Cost of Goods Sold', 'Cost of Goods Sold', 'SuppliesMaterialsCogs'),
  row('Freight and Shipping', 'Cost of Goods Sold', 'ShippingFreightDeliveryCos'),
  row('Advertising and Marketing', 'Expense', 'AdvertisingPromotional'),
  row('Automobile', 'Expense', 'Auto'),
  row('Fuel', 'Expense', 'Auto', 'Automobile'),
  row('Repairs', 'Expense', 'Auto', 'Automobile'),
  row('Bank Fees', 'Expense', 'BankCharges'),
  row('Dues and Subscriptions', 'Expense', 'DuesSubscriptions'),
  row('Insurance', 'Expense', 'Insurance'),
  row('Interest Paid', 'Expense', 'InterestPaid'),
  row('Legal and Professional Fees', 'Expense', 'LegalProfessionalFees'),
  row('Accounting', 'Expense', 'LegalProfessionalFees', 'Legal and Professional Fees'),
  row('Meals', 'Expense', 'EntertainmentMeals'),
  row('Office Supplies', 'Expense', 'OfficeGeneralAdministrativeExpenses'),
  row('Payroll Expenses', 'Expense', 'PayrollExpenses'),
  row('Rent', 'Expense', 'RentOrLeaseOfBuildings'),
  row('Repairs and Maintenance', 'Expense', 'RepairMaintenance'),
  row('Software', 'Expense', 'OfficeGeneralAdministrativeExpenses'),
  row('Taxes and Licenses', 'Expense', 'TaxesPaid'),
  row('Travel', 'Expense', 'Travel'),
  row('Utilities', 'Expense', 'Utilities'),
  row('Electricity', 'Expense', 'Utilities', 'Utilities'),
  row('Telephone and Internet', 'Expense', 'Utilities', 'Utilities'),
  row('Uncategorized Expense', 'Expense', 'OtherMiscellaneousServiceCost'),
  row('Depreciation', 'Other Expense', 'Depreciation'),
]

/** Invented vendors. */
export const vendorNames: readonly string[] = [
  'Alder Office Supply',
  'Brightline Telecom',
  'Cedar Point Coffee',
  'Crestview Insurance',
  'Dunmore Fuel',
  'Elmwood Property Rentals',
  'Fernhill Software',
  'Granite City Power',
  'Harbor Freight Lines',
  'Juniper Print Shop',
  'Kestrel Air Travel',
  'Larkspur Legal',
  'Millstone Bakery Supply',
  'Northgate Water District',
  'Quarry Hardware',
]

/** Invented businesses that exist before anybody connects. */
export const companyNames: readonly string[] = ['Maple Row Bakery', 'Tidewater Bicycle Works', 'Copper Kettle Catering']

/** The AccountType values and the Classification each falls under. Non-Posting accounts take no entries. */
export const classifications: Readonly<Record<string, string>> = {
  Bank: 'Asset',
  'Accounts Receivable': 'Asset',
  'Other Current Asset': 'Asset',
  'Fixed Asset': 'Asset',
  'Other Asset': 'Asset',
  'Accounts Payable': 'Liability',
  'Credit Card': 'Liability',
  'Other Current Liability': 'Liability',
  'Long Term Liability': 'Liability',
  Equity: 'Equity',
  Income: 'Revenue',
  'Other Income': 'Revenue',
  Expense: 'Expense',
  'Other Expense': 'Expense',
  'Cost of Goods Sold': 'Expense',
  'Non-Posting': 'Asset',
}

/** The sub-type Intuit picks when only AccountType is given. */
export const defaultSubTypes: Readonly<Record<string, string>> = {
  Bank: 'CashOnHand',
  'Accounts Receivable': 'AccountsReceivable',
  'Other Current Asset': 'EmployeeCashAdvances',
  'Fixed Asset': 'FurnitureAndFixtures',
  'Other Asset': 'Licenses',
  'Accounts Payable': 'AccountsPayable',
  'Credit Card': 'CreditCard',
  'Other Current Liability': 'OtherCurrentLiabilities',
  'Long Term Liability': 'NotesPayable',
  Equity: 'OpeningBalanceEquity',
  Income: 'ServiceFeeIncome',
  'Other Income': 'OtherMiscellaneousIncome',
  Expense: 'OtherMiscellaneousServiceCost',
  'Other Expense': 'OtherMiscellaneousExpense',
  'Cost of Goods Sold': 'SuppliesMaterialsCogs',
  'Non-Posting': 'OtherMiscellaneousServiceCost',
}
