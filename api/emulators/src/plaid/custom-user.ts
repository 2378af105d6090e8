import { chance } from '../kit/chance.ts'
import { CustomUserError, dayOrNull, list, numberOrNull, objectOrEmpty, textOrNull } from './custom-fields.ts'
import { inflowRows, readInflow } from './inflow.ts'
import { isKnownCode } from './errors.ts'
import { readMfa } from './mfa.ts'
import { toMinor } from './money.ts'
import { goodAccounts } from './seed.ts'
import type { AccountPlan, AccountType, BankRow, MfaRound } from './types.ts'

/** What a custom user's configuration comes to. `forceError` is one of Plaid's error codes. */
export interface CustomUser {
  accounts: AccountPlan[]
  mfa: MfaRound[]
  forceError: string | null
}

const accountTypes = ['depository', 'credit', 'loan', 'investment', 'other'] as const
const defaultSubtypes: Record<AccountType, string> = {
  depository: 'checking',
  credit: 'credit card',
  loan: 'loan',
  investment: 'brokerage',
  other: 'other',
}
const rowsADayMax = 250
const yearsBack = 2

/**
 * Reads Plaid's custom-user configuration (plaid.com/docs/sandbox/user-custom): one JSON object, every member optional,
 * unknown members ignored, null the same as absent. Exactly its accounts and rows come out: rows keep their amounts and
 * currencies; without a `date_posted`, or with one in the future, a row is pending; of one day's rows of an account the first
 * 250 are kept; rows older than two years are left out; `inflow_model` adds its monthly rows. An account without
 * `transactions` has none.
 *
 * `starting_balance` is the current balance at the moment of linking: Plaid documents that "the account will start with this
 * amount as the current balance", so the rows listed with it are already part of it and only what the bank sends later moves it.
 *
 * @throws CustomUserError naming the member that cannot be read; then nothing may be created.
 */
export function parseCustomUser(password: string, today: string): CustomUser {
  let parsed: unknown
  try {
    parsed = JSON.parse(password)
  } catch (error) {
    throw new CustomUserError(
      `The password of user_custom must be one JSON object, and this is not JSON: ${error instanceof Error ? error.message : 'unreadable'}`,
    )
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new CustomUserError('The password of user_custom must be one JSON object')
  const config = objectOrEmpty(parsed, 'the configuration')
  const accounts = list(config.override_accounts, 'override_accounts')
  const seed = textOrNull(config.seed, 'seed') ?? 'user_custom'
  const forceError = textOrNull(config.force_error, 'force_error')
  if (forceError !== null && !isKnownCode(forceError))
    throw new CustomUserError(`force_error: ${forceError} is not an error code known here`)
  const recaptchaFails = textOrNull(config.recaptcha, 'recaptcha') === 'bad'
  return {
    accounts:
      config.override_accounts == null
        ? goodAccounts(seed, today, false)
        : accounts.map((account, at) => readAccount(account, `override_accounts[${at}]`, { seed: `${seed}:${at}`, today })),
    mfa: readMfa(config.mfa),
    forceError: recaptchaFails ? 'RECAPTCHA_BAD' : forceError,
  }
}

interface Place {
  seed: string
  today: string
}

function readAccount(value: unknown, where: string, place: Place): AccountPlan {
  const account = objectOrEmpty(value, where)
  const typeText = textOrNull(account.type, `${where}.type`) ?? 'depository'
  const type = accountTypes.find((known) => known === typeText)
  if (!type) throw new CustomUserError(`${where}.type: "${typeText}" is none of ${accountTypes.join(', ')}`)
  const subtype = textOrNull(account.subtype, `${where}.subtype`) ?? defaultSubtypes[type]
  const currency = (textOrNull(account.currency, `${where}.currency`) ?? 'USD').toUpperCase()
  const meta = objectOrEmpty(account.meta, `${where}.meta`)
  const limit = numberOrNull(meta.limit, `${where}.meta.limit`)
  const starting = numberOrNull(account.starting_balance, `${where}.starting_balance`)
  const listed = readRows(account.transactions, `${where}.transactions`, place.today)
  const inflow = readInflow(account.inflow_model, `${where}.inflow_model`)
  const name = textOrNull(meta.name, `${where}.meta.name`) ?? titleOf(subtype)
  return {
    name,
    officialName: textOrNull(meta.official_name, `${where}.meta.official_name`),
    mask: textOrNull(meta.mask, `${where}.meta.mask`) ?? maskOf(account.numbers, where, place.seed),
    type,
    subtype,
    currency,
    // Plaid picks a balance when none is given; here it follows from the seed
    currentMinor: starting === null ? 10_000 + Math.floor(chance(`${place.seed}:balance`) * 500_000) : toMinor(starting, currency),
    limitMinor: limit === null ? null : toMinor(limit, currency),
    available: readAvailable(account, where, currency),
    business: /business/i.test(name),
    rows: [
      ...listed,
      ...inflowRows(inflow, {
        rows: listed,
        type,
        currency,
        today: place.today,
        liability: objectOrEmpty(account.liability, `${where}.liability`),
      }),
    ],
  }
}

function titleOf(subtype: string): string {
  return `Plaid ${subtype.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase())}`
}

/** The last four characters of the account number, else four digits from the seed. */
function maskOf(numbers: unknown, where: string, seed: string): string {
  const account = textOrNull(objectOrEmpty(numbers, `${where}.numbers`).account, `${where}.numbers.account`)
  return account !== null && account.length >= 2 ? account.slice(-4) : String(1000 + Math.floor(chance(`${seed}:mask`) * 9000))
}

function readAvailable(account: Record<string, unknown>, where: string, currency: string): AccountPlan['available'] {
  const forced = numberOrNull(account.force_available_balance, `${where}.force_available_balance`)
  if (forced !== null) return { kind: 'forced', minor: toMinor(forced, currency) }
  return account.has_null_available_balance === true ? { kind: 'none' } : { kind: 'computed' }
}

function readRows(value: unknown, where: string, today: string): BankRow[] {
  const perDay = new Map<string, number>()
  const oldest = `${Number(today.slice(0, 4)) - yearsBack}${today.slice(4)}`
  const rows: BankRow[] = []
  for (const [at, entry] of list(value, where).entries()) {
    const row = readRow(entry, `${where}[${at}]`, today)
    if (row === null || (row.datePosted ?? row.date) < oldest) continue
    const count = (perDay.get(row.date) ?? 0) + 1
    perDay.set(row.date, count)
    if (count <= rowsADayMax) rows.push(row)
  }
  return rows
}

function readRow(value: unknown, where: string, today: string): BankRow | null {
  const row = objectOrEmpty(value, where)
  // Plaid's published blank template lists one row whose members are all null
  if (Object.values(row).every((member) => member === null)) return null
  const amount = numberOrNull(row.amount, `${where}.amount`)
  if (amount === null) throw new CustomUserError(`${where}.amount is missing`)
  const datePosted = dayOrNull(row.date_posted, `${where}.date_posted`)
  const date = dayOrNull(row.date_transacted, `${where}.date_transacted`) ?? datePosted ?? today
  const currency = textOrNull(row.currency, `${where}.currency`)
  return {
    amount,
    description: textOrNull(row.description, `${where}.description`) ?? '',
    date,
    ...(datePosted === null ? {} : { datePosted }),
    ...(currency === null ? {} : { currency: currency.toUpperCase() }),
  }
}
