import { logoPng, type Mark } from './png.ts'

/** A bank of the emulated network. All but the Sandbox's own are invented. */
export interface Institution {
  id: string
  name: string
  url: string
  colour: string
  countryCodes: string[]
  oauth: boolean
  /** Nine digits with a valid ABA checksum. */
  routingNumbers: string[]
  products: string[]
  /** Some banks hand out account numbers of their own per application; only those give `persistent_account_id`. */
  persistentAccountIds: boolean
}

const bars: Mark = (x, y) =>
  y > 0.28 && y < 0.74 && [0.27, 0.45, 0.63].some((left, at) => x > left && x < left + 0.1 && y > 0.28 + at * 0.1)
const ring: Mark = (x, y) => Math.abs(Math.hypot(x - 0.5, y - 0.5) - 0.22) < 0.06
const peak: Mark = (x, y) =>
  y < 0.7 && y > 0.28 && Math.abs(x - 0.5) < (y - 0.28) * 0.62 && !(y > 0.5 && Math.abs(x - 0.5) < (y - 0.5) * 0.5)
const wave: Mark = (x, y) => x > 0.22 && x < 0.78 && [0.38, 0.52, 0.66].some((mid) => Math.abs(y - mid - 0.05 * Math.sin(x * 18)) < 0.03)
const diamond: Mark = (x, y) => Math.abs(x - 0.5) + Math.abs(y - 0.5) < 0.27
const columns: Mark = (x, y) =>
  (y > 0.3 && y < 0.4 && Math.abs(x - 0.5) < (y - 0.24) * 1.8) ||
  (y > 0.66 && y < 0.72 && Math.abs(x - 0.5) < 0.28) ||
  (y > 0.43 && y < 0.63 && [0.3, 0.47, 0.64].some((left) => x > left && x < left + 0.07))
const cross: Mark = (x, y) =>
  (Math.abs(x - 0.5) < 0.06 && Math.abs(y - 0.5) < 0.25) || (Math.abs(y - 0.5) < 0.06 && Math.abs(x - 0.5) < 0.25)
const card: Mark = (x, y) => x > 0.22 && x < 0.78 && y > 0.33 && y < 0.67 && !(y > 0.42 && y < 0.49)

const marks: Mark[] = [bars, ring, peak, wave, diamond, columns, cross, card]

type Line = readonly [id: string, name: string, colour: string, mark: number, routing: string, flags: string]

// Flags: o = sign-in by OAuth, p = gives persistent account ids, c = cards only, k = Canadian
const lines: Line[] = [
  ['ins_109508', 'First Platypus Bank', '#12707a', 5, '011401533', 'p'],
  ['ins_109509', 'First Gingham Credit Union', '#8a3ffc', 6, '039990107', ''],
  ['ins_109510', 'Tattersall Federal Credit Union', '#b5471b', 4, '039990110', ''],
  ['ins_127287', 'Platypus OAuth Bank', '#0b5fff', 5, '329990202', 'op'],
  ['ins_900101', 'First Meridian Bank', '#1d4f91', 1, '067990302', 'p'],
  ['ins_900102', 'Cascade Community CU', '#1f7a4d', 2, '321990404', ''],
  ['ins_900103', 'Unity Card', '#5b2a86', 7, '075990501', 'c'],
  ['ins_900104', 'Harborview Bank', '#0f6e84', 3, '111990601', 'o'],
  ['ins_900105', 'Juniper Savings', '#3f6b2a', 4, '121990701', ''],
  ['ins_900106', 'Old Mill Trust', '#7a4a1e', 5, '291990806', ''],
  ['ins_900107', 'Redstone National Bank', '#a3282d', 0, '263990902', 'op'],
  ['ins_900108', 'Prairie Farmers Bank', '#8a6d00', 2, '313991000', ''],
  ['ins_900109', 'Lakeshore Business Bank', '#24508f', 3, '081991109', 'p'],
  ['ins_900110', 'Copper Canyon Credit Union', '#a4561c', 6, '091991209', ''],
  ['ins_900111', 'Northgate Card Services', '#33415c', 7, '241991305', 'c'],
  ['ins_900112', 'Silver Birch Bank', '#4b5a68', 0, '253991403', ''],
  ['ins_900113', 'Maple Dominion Bank', '#9b1c31', 1, '001991503', 'k'],
]

const all: Institution[] = lines.map(([id, name, colour, , number, flags]) => ({
  id,
  name,
  url: `https://www.${name.toLowerCase().replaceAll(/[^a-z]+/g, '-')}.example`,
  colour,
  countryCodes: flags.includes('k') ? ['CA'] : ['US'],
  oauth: flags.includes('o'),
  routingNumbers: [number],
  products: flags.includes('c')
    ? ['transactions', 'liabilities', 'identity', 'balance']
    : ['transactions', 'auth', 'identity', 'balance', 'statements', 'assets', 'liabilities'],
  persistentAccountIds: flags.includes('p'),
}))

const logos = new Map<string, string>()

/** Every bank of the network, in the order the picker lists them. */
export function allInstitutions(): readonly Institution[] {
  return all
}

/** The bank with this id, or undefined. */
export function institutionById(id: string): Institution | undefined {
  return all.find((institution) => institution.id === id)
}

/** Whether this bank only issues cards. */
export function issuesCardsOnly(institution: Institution): boolean {
  return !institution.products.includes('auth')
}

/** Banks whose name holds every word of `query`, or whose routing number is `query`; names that start with it come first. */
export function searchInstitutions(query: string): Institution[] {
  const wanted = query.trim().toLowerCase()
  if (/^\d{9}$/.test(wanted)) return all.filter((institution) => institution.routingNumbers.includes(wanted))
  const words = wanted.split(/\s+/)
  const found = all.filter((institution) => words.every((word) => institution.name.toLowerCase().includes(word)))
  const rank = (institution: Institution): number => (institution.name.toLowerCase().startsWith(wanted) ? 0 : 1)
  return found.sort((a, b) => rank(a) - rank(b))
}

/** The bank's logo as Plaid sends it: base64 of a 152 x 152 PNG. Drawn once. */
export function logoOf(institution: Institution): string {
  const known = logos.get(institution.id)
  if (known !== undefined) return known
  const mark = marks[lines.find(([id]) => id === institution.id)?.[3] ?? 0] ?? bars
  const logo = logoPng(institution.colour, mark).toString('base64')
  logos.set(institution.id, logo)
  return logo
}
