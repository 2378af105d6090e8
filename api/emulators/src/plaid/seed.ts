import { chance } from '../kit/chance.ts'
import { addDays, dayInMonth } from './calendar.ts'
import type { AccountPlan, BankRow } from './types.ts'

/** An amount with cents between the two whole numbers, from the text alone. Built from integers, so no float dust. */
function money(seed: string, from: number, to: number): number {
  return Number(
    `${from + Math.floor(chance(`${seed}:whole`) * (to - from))}.${String(Math.floor(chance(`${seed}:cents`) * 100)).padStart(2, '0')}`,
  )
}

const months = 24

interface Place {
  seed: string
  today: string
}

/** A posted row `monthsBack` months ago, one day between happening and posting; undefined when that day has not come. */
function monthly(place: Place, monthsBack: number, day: number | 'last', row: Omit<BankRow, 'date' | 'datePosted'>): BankRow[] {
  const date = dayInMonth(place.today, monthsBack, day)
  const datePosted = addDays(date, 1)
  return datePosted < place.today ? [{ ...row, date, datePosted }] : []
}

function checkingRows(place: Place): BankRow[] {
  const rows: BankRow[] = []
  for (let back = months - 1; back >= 0; back--) {
    const seed = `${place.seed}:checking:${back}`
    rows.push(
      ...monthly(place, back, 1, { amount: 1850, description: 'ELM STREET PROPERTIES RENT' }),
      ...monthly(place, back, 15, { amount: money(`${seed}:pay`, 3900, 4600), description: 'PAYWELL PAYROLL TAX AND NET PAY' }),
      ...monthly(place, back, 20, { amount: -money(`${seed}:in`, 7200, 9800), description: 'DEPOSIT CUSTOMER PAYMENTS' }),
    )
    if (back % 3 === 1)
      rows.push(...monthly(place, back, 9, { amount: money(`${seed}:check`, 200, 900), description: `CHECK ${2100 + months - back}` }))
    if (back % 4 === 0) rows.push(...monthly(place, back, 22, { amount: 500, description: 'TRANSFER TO SAVINGS' }))
    if (back % 2 === 0)
      rows.push(...monthly(place, back, 26, { amount: money(`${seed}:card`, 300, 700), description: 'CREDIT CARD PAYMENT' }))
  }
  rows.push({ amount: 64.18, description: 'BRIGHTWIRE ELECTRIC', date: addDays(place.today, -1) })
  rows.push({ amount: -1240.5, description: 'DEPOSIT MOBILE', date: place.today })
  return rows
}

function savingsRows(place: Place): BankRow[] {
  const rows: BankRow[] = []
  for (let back = months - 1; back >= 0; back--) {
    if (back % 3 === 0)
      rows.push(
        ...monthly(place, back, 'last', { amount: -money(`${place.seed}:interest:${back}`, 2, 9), description: 'INTEREST PAYMENT' }),
      )
    if (back % 4 === 0) rows.push(...monthly(place, back, 22, { amount: -500, description: 'TRANSFER FROM CHECKING' }))
  }
  return rows
}

const cardBuys: readonly [name: string, from: number, to: number][] = [
  ['SWIFTGAS #0412', 28, 84],
  ['CLOUDLEDGER SUBSCRIPTION', 39, 40],
  ['DESKMART 118', 12, 240],
  ['NOODLE BARN', 14, 62],
  ['BEAN COUNTER COFFEE', 4, 19],
  ['LUMBER & NAIL 07', 25, 480],
  ['PIXELFORGE LICENSE', 55, 120],
]

function cardRows(place: Place): BankRow[] {
  const rows: BankRow[] = []
  for (let back = months - 1; back >= 0; back--) {
    const buy = cardBuys[back % cardBuys.length]
    if (buy) rows.push(...monthly(place, back, 6, { amount: money(`${place.seed}:card:${back}`, buy[1], buy[2]), description: buy[0] }))
    if (back % 2 === 0)
      rows.push(
        ...monthly(place, back, 27, { amount: -money(`${place.seed}:checking:${back}:card`, 300, 700), description: 'PAYMENT THANK YOU' }),
      )
    if (back % 8 === 3)
      rows.push(...monthly(place, back, 12, { amount: -money(`${place.seed}:refund:${back}`, 20, 90), description: 'DESKMART 118 REFUND' }))
  }
  rows.push({ amount: 41.07, description: 'SWIFTGAS #0412', date: addDays(place.today, -2) })
  return rows
}

const usual = { currency: 'USD', available: { kind: 'computed' }, business: true, limitMinor: null } as const

/**
 * The accounts behind `user_good`: checking, savings and a card (a card alone at a card issuer) with some 150 rows over the
 * last 24 months, a few of them pending. The same login at the same bank on the same day always holds the same.
 */
export function goodAccounts(seed: string, today: string, cardsOnly: boolean): AccountPlan[] {
  const place = { seed, today }
  const mask = (kind: string): string => String(1000 + Math.floor(chance(`${seed}:${kind}:mask`) * 9000))
  const card: AccountPlan = {
    ...usual,
    name: 'Business Card',
    officialName: 'Business Rewards Credit Card',
    mask: mask('card'),
    type: 'credit',
    subtype: 'credit card',
    currentMinor: 41_233,
    limitMinor: 750_000,
    rows: cardRows(place),
  }
  if (cardsOnly) return [card]
  return [
    {
      ...usual,
      name: 'Business Checking',
      officialName: 'Everyday Business Checking',
      mask: mask('checking'),
      type: 'depository',
      subtype: 'checking',
      currentMinor: 1_872_045,
      rows: checkingRows(place),
    },
    {
      ...usual,
      name: 'Business Savings',
      officialName: 'Business Reserve Savings',
      mask: mask('savings'),
      type: 'depository',
      subtype: 'savings',
      currentMinor: 2_530_118,
      rows: savingsRows(place),
    },
    card,
  ]
}

/** What a dynamic user's bank adds at a refresh: two or three rows of today, the first still pending. */
export function refreshRows(seed: string, today: string): BankRow[] {
  const count = 2 + Math.floor(chance(`${seed}:count`) * 2)
  return Array.from({ length: count }, (_, at) => {
    const [name, from, to] = cardBuys[Math.floor(chance(`${seed}:${at}`) * cardBuys.length)] ?? ['DESKMART 118', 12, 240]
    const row = { amount: money(`${seed}:${at}`, from, to), description: name, date: addDays(today, at === 0 ? 0 : -1) }
    return at === 0 ? row : { ...row, datePosted: today }
  })
}
