import type { PlaidItemView, SentRow } from '../plaid/types.ts'

interface Idea {
  description: string
  merchantName?: string
  /** Positive is money out. */
  amount: number
}

/** What a small business's account sees in an ordinary week. Invented names. */
const ideas: Idea[] = [
  { description: 'PACIFIC FUEL 0423 OAKLAND CA', merchantName: 'Pacific Fuel', amount: 64.18 },
  { description: 'MILLER FLOUR SUPPLY INV 2291', merchantName: 'Miller Flour Supply', amount: 1240 },
  { description: 'CARD SETTLEMENT 8831', amount: -3150.75 },
  { description: 'CLOUD PHONE SERVICE', merchantName: 'Cloud Phone', amount: 89.99 },
  { description: 'CORNER HARDWARE #12', merchantName: 'Corner Hardware', amount: 23.4 },
  { description: 'CITY WATER & POWER', merchantName: 'City Water & Power', amount: 212.06 },
  { description: 'DEPOSIT MOBILE', amount: -480 },
  { description: 'OVEN PARTS DIRECT', merchantName: 'Oven Parts Direct', amount: 312.6 },
  { description: 'GREEN LEAF INSURANCE PREM', merchantName: 'Green Leaf Insurance', amount: 178.25 },
]

const rowsAtOnce = 3

/** The next few rows for a login: two that are posted and one that is pending, other ones each time the button is pressed. */
export function nextRows(item: PlaidItemView): SentRow[] {
  const start = item.postedCount + item.pendingCount
  return Array.from({ length: rowsAtOnce }, (_, index): SentRow | undefined => {
    const idea = ideas[(start + index) % ideas.length]
    return idea === undefined ? undefined : { ...idea, pending: index === rowsAtOnce - 1 }
  }).filter((row) => row !== undefined)
}
