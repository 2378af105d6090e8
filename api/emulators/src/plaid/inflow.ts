import { addDays, dayInMonth } from './calendar.ts'
import { CustomUserError, list, numberOrNull, objectOrEmpty, textOrNull } from './custom-fields.ts'
import { fromMinor, toMinor } from './money.ts'
import type { AccountType, BankRow } from './types.ts'

/** A custom user's `inflow_model`: one more row each month. */
export interface Inflow {
  type: 'none' | 'monthly-income' | 'monthly-balance-payment' | 'monthly-interest-only-payment'
  incomeAmount: number
  paymentDay: number | 'last'
  statementDay: number | 'last'
  name: string
}

const types = ['none', 'monthly-income', 'monthly-balance-payment', 'monthly-interest-only-payment'] as const

/** Reads `inflow_model`; absent is `none`. */
export function readInflow(value: unknown, where: string): Inflow {
  const model = objectOrEmpty(value, where)
  const typeText = textOrNull(model.type, `${where}.type`) ?? 'none'
  const type = types.find((known) => known === typeText)
  if (!type) throw new CustomUserError(`${where}.type: "${typeText}" is none of ${types.join(', ')}`)
  const income = numberOrNull(model.income_amount, `${where}.income_amount`)
  if (type === 'monthly-income' && income === null) throw new CustomUserError(`${where}.income_amount is needed for monthly-income`)
  return {
    type,
    incomeAmount: income ?? 0,
    paymentDay: dayOfMonth(model.payment_day_of_month, `${where}.payment_day_of_month`, 1),
    statementDay: dayOfMonth(model.statement_day_of_month, `${where}.statement_day_of_month`, 'last'),
    name: textOrNull(model.transaction_name, `${where}.transaction_name`) ?? (type === 'monthly-income' ? 'PAYROLL' : 'AUTOMATIC PAYMENT'),
  }
}

function dayOfMonth(value: unknown, where: string, otherwise: number | 'last'): number | 'last' {
  if (value === 'last') return 'last'
  const day = numberOrNull(value, where)
  if (day === null) return otherwise
  if (!Number.isInteger(day) || day < 1 || day > 28) throw new CustomUserError(`${where} must be a day from 1 to 28, or "last"`)
  return day
}

/** The account an inflow model belongs to. */
export interface InflowAccount {
  rows: BankRow[]
  type: AccountType
  currency: string
  today: string
  liability: Record<string, unknown>
}

/**
 * The monthly rows of the last two years, oldest first. Income comes in on the payment day. A balance payment pays what was
 * charged up to the statement day before it; an interest-only payment pays a month's interest on that (12.5 % a year unless
 * `liability` says otherwise). Both are money in, as the liability account sees them; a month with nothing owed has no row.
 */
export function inflowRows(inflow: Inflow, account: InflowAccount): BankRow[] {
  if (inflow.type === 'none') return []
  const rows: BankRow[] = []
  const oldest = dayInMonth(account.today, 24, Number(account.today.slice(8, 10)))
  for (let back = 24; back >= 0; back--) {
    const date = dayInMonth(account.today, back, inflow.paymentDay)
    if (date > account.today || date < oldest) continue
    const amount = inflow.type === 'monthly-income' ? -inflow.incomeAmount : owedAmount(inflow, account, { date, back, earlier: rows })
    if (amount !== 0) rows.push({ amount, description: inflow.name, date, datePosted: date })
  }
  return rows
}

function owedAmount(
  inflow: Inflow,
  account: InflowAccount,
  { date, back, earlier }: { date: string; back: number; earlier: BankRow[] },
): number {
  if (account.type !== 'credit' && account.type !== 'loan') return 0
  const inMonth = dayInMonth(account.today, back, inflow.statementDay)
  const statement = inMonth < date ? inMonth : dayInMonth(account.today, back + 1, inflow.statementDay)
  const sum = (rows: BankRow[], upTo: string): number =>
    rows
      .filter((row) => row.datePosted !== undefined && row.datePosted <= upTo)
      .reduce((total, row) => total + toMinor(row.amount, account.currency), 0)
  const owedMinor = sum(account.rows, statement) + sum(earlier, addDays(date, -1))
  if (owedMinor <= 0) return 0
  if (inflow.type === 'monthly-balance-payment') return -fromMinor(owedMinor, account.currency)
  const interestMinor = Math.round((owedMinor * yearlyRate(account.liability)) / 1200)
  return interestMinor === 0 ? 0 : -fromMinor(interestMinor, account.currency)
}

/** Percent a year: a card's purchase APR or a loan's nominal APR. */
function yearlyRate(liability: Record<string, unknown>): number {
  const nominal =
    numberOrNull(liability.nominal_apr, 'liability.nominal_apr') ?? numberOrNull(liability.purchase_apr, 'liability.purchase_apr')
  if (nominal !== null) return nominal
  const first = list(liability.aprs, 'liability.aprs')[0]
  return numberOrNull(objectOrEmpty(first, 'liability.aprs[0]').apr_percentage, 'liability.aprs[0].apr_percentage') ?? 12.5
}
