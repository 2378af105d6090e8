export interface PracticeUser {
  username: string
  password: string
  about: string
}

/** The sign-ins of Plaid's Sandbox (plaid.com/docs/sandbox/test-credentials) that a person needs most. */
export const practiceUsers: PracticeUser[] = [
  { username: 'user_good', password: 'pass_good', about: 'Signs in; checking, savings and a card, with transactions' },
  {
    username: 'user_transactions_dynamic',
    password: 'any password',
    about: 'Signs in; realistic transactions that grow with every refresh',
  },
  { username: 'user_good', password: 'mfa_device', about: 'Asks for a code first; the code is 1234' },
  { username: 'user_good', password: 'error_ITEM_LOCKED', about: 'The bank has locked the account' },
  { username: 'user_good', password: 'error_INVALID_CREDENTIALS', about: 'Wrong user name or password' },
  { username: 'user_good', password: 'error_INSTITUTION_DOWN', about: 'The bank is not answering' },
  { username: 'user_custom', password: 'a configuration (below)', about: 'Exactly the accounts and transactions you write down' },
]

const dayMs = 86_400_000

/** A configuration for `user_custom` (plaid.com/docs/sandbox/user-custom) with dates near `now`, so that it always yields fresh rows. */
export function sampleCustomUser(now: Date): Record<string, unknown> {
  const day = (ago: number) => new Date(now.getTime() - ago * dayMs).toISOString().slice(0, 10)
  const row = (ago: number, amount: number, description: string) => ({
    date_transacted: day(ago),
    ...(ago > 1 ? { date_posted: day(ago - 1) } : {}),
    amount,
    description,
    currency: 'USD',
  })
  return {
    override_accounts: [
      {
        type: 'depository',
        subtype: 'checking',
        starting_balance: 8200,
        meta: { name: 'Bakery Checking', mask: '4417' },
        transactions: [
          row(12, 64.18, 'PACIFIC FUEL 0423'),
          row(9, 1240, 'MILLER FLOUR SUPPLY'),
          row(6, -3150.75, 'CARD SETTLEMENT'),
          row(3, 89.99, 'CLOUD PHONE SERVICE'),
          row(1, 23.4, 'CORNER HARDWARE'),
        ],
      },
      {
        type: 'credit',
        subtype: 'credit card',
        starting_balance: 412.6,
        meta: { name: 'Bakery Card', mask: '2208', limit: 5000 },
        transactions: [row(8, 312.6, 'OVEN PARTS DIRECT'), row(4, 100, 'CITY PARKING')],
      },
    ],
  }
}
