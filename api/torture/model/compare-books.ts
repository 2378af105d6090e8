import type { EntryView } from '@ledgersync/emulators/intuit'
import { standing } from './books.ts'
import { differences, sequence } from './differences.ts'
import type { Real } from './real.ts'
import type { Entry, Model } from './state.ts'

const marker = /\n\[ledgersync [0-9a-f-]+\]$/

const entryText = ({ entity, credit, totalMinor, account, target, note }: Omit<Entry, 'company'>): string =>
  `${entity}${credit ? ' credit' : ''} of ${totalMinor}, ${account}, ${target}: ${note}`

/** An entry of the books as the model would say it. */
function heldText({ entity, credit, totalMinor, accountName, lines, privateNote }: EntryView): string {
  const note = privateNote ?? ''
  const text = {
    credit,
    totalMinor,
    account: accountName,
    target: lines.map((line) => line.accountName).join(' and '),
    note: note.replace(marker, ''),
  }
  if (entity !== 'Purchase' && entity !== 'Deposit') return `${entity} of ${totalMinor}`
  return entryText({ ...text, entity }) + (marker.test(note) ? '' : ' (not marked)')
}

/** The companies' books: each entry that must stand, no other, and balances that are their sums to the cent. */
export function compareBooks(model: Model, real: Real): string[] {
  const { intuit } = real.product.network
  const wanted = standing(model)
  return real.realms.flatMap((realmId, company) => {
    if (realmId === undefined) return []
    const about = `company ${company}`
    const entries = intuit.entries(realmId)
    return [
      ...differences(
        `entry of ${about}`,
        entries.map((entry) => heldText(entry)),
        wanted.filter((entry) => entry.company === company).map((entry) => entryText(entry)),
      ),
      ...compareBalances(real, realmId, { entries, wanted: wanted.filter((entry) => entry.company === company) }),
      ...sequence(
        `whether we hold access to ${about}`,
        [`${intuit.companies().find((each) => each.realmId === realmId)?.connected}`],
        [`${model.companies[company]?.granted}`],
      ),
    ]
  })
}

/** What double entry makes of each bank account and card is the sum of what the bank said of the rows that stand. */
function compareBalances(real: Real, realmId: string, { entries, wanted }: { entries: EntryView[]; wanted: Entry[] }): string[] {
  const ids = new Map(entries.map(({ accountName, accountId }) => [accountName, accountId ?? '']))
  return [...ids].flatMap(([name, id]) => {
    const moved = wanted
      .filter(({ account }) => account === name)
      .reduce((sum, { entity, credit, totalMinor }) => sum + (entity === 'Deposit' || credit ? totalMinor : -totalMinor), 0)
    const held = real.product.network.intuit.accountBalanceMinor(realmId, id)
    // What a card owes grows as money goes out
    return sequence(`balance of ${name}`, [`${name.includes('Card') ? -held + 0 : held}`], [`${moved}`])
  })
}
