/** The demo firm's data: invented businesses, people and banks. Dates count back from today. */

export const firm = {
  firmName: 'Quillstone Accounting',
  name: 'Dana Whitlock',
  email: 'dana@quillstone.example',
  password: 'copper lantern over the bay',
}

const dayMs = 24 * 60 * 60 * 1000
/** @param {number} daysAgo */
const day = (daysAgo) => new Date(Date.now() - daysAgo * dayMs).toISOString().slice(0, 10)

/**
 * Rows of one account in Plaid's custom-user form: `[days ago, amount, text]`; a positive amount is money out.
 * What is younger than two days is pending.
 * @param {[number, number, string][]} rows
 */
const transactions = (rows) =>
  rows.map(([daysAgo, amount, description]) => ({
    date_transacted: day(daysAgo),
    ...(daysAgo >= 2 && { date_posted: day(daysAgo) }),
    amount,
    description,
    currency: 'USD',
  }))

/**
 * @param {string} name
 * @param {string} mask
 * @param {number} balance
 * @param {[number, number, string][]} rows
 */
const checking = (name, mask, balance, rows) => ({
  type: 'depository',
  subtype: 'checking',
  starting_balance: balance,
  currency: 'USD',
  meta: { name, mask },
  transactions: transactions(rows),
})
/**
 * @param {string} name
 * @param {string} mask
 * @param {number} balance
 * @param {[number, number, string][]} rows
 */
const card = (name, mask, balance, rows) => ({
  type: 'credit',
  subtype: 'credit card',
  starting_balance: balance,
  currency: 'USD',
  meta: { name, mask, limit: 15000 },
  transactions: transactions(rows),
})

/** @typedef {{ word: string, direction: 'in' | 'out', category: string, vendor?: string }} DemoRule */
/**
 * @typedef {object} DemoClient
 * @property {string} businessName
 * @property {string} [first]
 * @property {string} [last]
 * @property {string} [phone]
 * @property {string[]} [banks]
 * @property {'sms' | 'email' | 'both'} [invite]
 * @property {{ institution: string, accounts: object[] }} [connect]
 * @property {string} [company]
 * @property {DemoRule[]} [rules]
 * @property {boolean} [approve]
 * @property {string} [group]
 */

/** @type {DemoClient[]} */
export const clients = [
  {
    businessName: 'Alder & Finch Bakery',
    group: 'Monthly close',
    first: 'Ines',
    last: 'Alder',
    phone: '(503) 555-0111',
    company: 'Alder & Finch Bakery',
    approve: true,
    connect: {
      institution: 'First Meridian Bank',
      accounts: [
        checking('Operating checking', '2210', 18204.55, [
          [1, 212.4, 'TIDEMILL FLOUR CO'],
          [2, 1184.5, 'TIDEMILL FLOUR CO'],
          [3, -2406.18, 'CARD SETTLEMENT 0311'],
          [5, 86.2, 'PETRO NORTH 0412'],
          [6, 640, 'HARBORSIDE STORAGE'],
          [8, -1980.02, 'CARD SETTLEMENT 0306'],
          [9, 1450, 'RIVERSIDE PROPERTIES RENT'],
          [12, 318.77, 'OAT & ALMOND SUPPLY'],
          [14, 59, 'CLOUDLEDGER SOFTWARE'],
          [17, -2210.4, 'CARD SETTLEMENT 0227'],
          [21, 1092.35, 'TIDEMILL FLOUR CO'],
          [23, 71.9, 'PETRO NORTH 0398'],
          [26, 12, 'MONTHLY SERVICE FEE'],
        ]),
        card('Bakery card', '0318', 1240.16, [
          [2, 44.1, 'GREENGROCER MKT 12'],
          [4, 128.9, 'RESTAURANT DEPOT 41'],
          [7, -36.5, 'REFUND RESTAURANT DEPOT 41'],
          [11, 88.23, 'OFFICE BARN 22'],
        ]),
      ],
    },
    rules: [
      { word: 'TIDEMILL', direction: 'out', category: 'Cost of goods' },
      { word: 'CARD SETTLEMENT', direction: 'in', category: 'Sales income' },
      { word: 'PETRO NORTH', direction: 'out', category: 'Fuel' },
      { word: 'RENT', direction: 'out', category: 'Rent' },
    ],
  },
  {
    businessName: 'Eastgate Auto Repair',
    group: 'Monthly close',
    first: 'Ruben',
    last: 'Castellanos',
    phone: '(503) 555-0127',
    company: 'Eastgate Auto Repair',
    connect: {
      institution: 'Harborview Bank',
      accounts: [
        checking('Everyday checking', '1177', 9120.11, [
          [1, 74.2, 'FUELWAY 7 EAST'],
          [2, 418.92, 'NORTHGATE PARTS #3'],
          [3, 112.75, 'FUELWAY 7 EAST'],
          [4, -1860, 'MOBILE DEPOSIT'],
          [7, 61.4, 'GAS MART 88'],
          [9, 240, 'TOOL RENTAL CO'],
          [13, 530.18, 'NORTHGATE PARTS #3'],
          [18, -2240.5, 'MOBILE DEPOSIT'],
          [22, 51.1, 'GAS MART 88'],
        ]),
      ],
    },
    rules: [
      { word: 'FUELWAY', direction: 'out', category: 'Fuel' },
      { word: 'NORTHGATE PARTS', direction: 'out', category: 'Cost of goods' },
    ],
  },
  {
    businessName: 'Kestrel Freight',
    group: 'Weekly bookkeeping',
    first: 'Amara',
    last: 'Osei',
    phone: '(503) 555-0134',
    company: 'Kestrel Freight',
    connect: {
      institution: 'Cascade Community CU',
      accounts: [
        checking(
          'Freight checking',
          '9915',
          44210.9,
          Array.from(
            { length: 40 },
            (_, index) =>
              /** @type {[number, number, string]} */ ([2 + index, (128830 + index * 310) / 100, `DIESEL DEPOT ${44 + (index % 5)}`]),
          ),
        ),
      ],
    },
    rules: [{ word: 'DIESEL DEPOT', direction: 'out', category: 'Fuel' }],
  },
  {
    businessName: 'Cobalt Ridge Roofing',
    group: 'Monthly close',
    connect: {
      institution: 'First Meridian Bank',
      accounts: [
        checking('Business checking', '7730', 25310, [
          [3, 1890.4, 'SUMMIT SHINGLE SUPPLY'],
          [8, -7400, 'CLIENT PAYMENT 1182'],
        ]),
      ],
    },
  },
  {
    businessName: 'Fern Hollow Gardens',
    first: 'Rosa',
    last: 'Lindqvist',
    phone: '(503) 555-0142',
    banks: ['Harborview Bank'],
    invite: 'sms',
  },
  {
    businessName: 'Hollis Street Café',
    group: 'Weekly bookkeeping',
    first: 'Bea',
    last: 'Hollis',
    phone: '(503) 555-0156',
    banks: ['First Meridian Bank', 'Unity Card'],
    invite: 'both',
  },
  {
    businessName: 'Juniper Animal Clinic',
    group: 'Weekly bookkeeping',
    first: 'Tomas',
    last: 'Brandvik',
    phone: '(503) 555-0119',
    invite: 'email',
  },
  { businessName: 'Larkspur Yoga', first: 'Noor', last: 'Haddad', phone: '(503) 555-0163' },
  { businessName: 'Northline Plumbing', group: 'Onboarding', first: 'Gus', last: 'Ferrante', phone: '(500) 555-0001', invite: 'sms' },
  { businessName: 'Ocotillo Grill', group: 'Onboarding', first: 'Marisol', last: 'Vega', phone: '(503) 555-0178' },
  { businessName: 'Pinecrest Property', group: 'Onboarding', first: 'Ada', last: 'Kowalczyk', phone: '(503) 555-0184' },
  { businessName: 'Quarry Lane Brewing', first: 'Finn', last: 'Adair', phone: '(503) 555-0191', banks: ['Cascade Community CU'] },
]
