import { type By, type Client, globalRule, type Row, type Rule } from './state.ts'

type Runs = Omit<Rule, 'version'> | (typeof globalRule & { key: 'global' })

function matches({ word, direction, active }: Omit<Rule, 'key' | 'version'>, row: Row): boolean {
  const goesThere = direction === 'both' || (direction === 'in' ? row.amountMinor > 0 : row.amountMinor < 0)
  return active && goesThere && row.words.includes(word)
}

/** The client's first rule that matches, then the firm's. */
function hitsOf(client: Client, row: Row): { rule: Runs; by: By }[] {
  const own = client.rules.find((rule) => matches(rule, row))
  return [
    ...(own === undefined ? [] : [{ rule: own, by: 'client_rule' as const }]),
    ...(matches(globalRule, row) ? [{ rule: { ...globalRule, key: 'global' as const }, by: 'global_rule' as const }] : []),
  ]
}

/**
 * Codes a row that nobody has approved: each field by a person, else by the client's rule, else by the firm's, else not at all.
 * The rule that decided the category is the one that is named, else the one that decided the memo.
 */
export function recode(client: Client, row: Row): void {
  if (row.stage !== 'pending' && row.stage !== 'open') return
  const hits = hitsOf(client, row)
  const category = row.targetBy === 'person' ? undefined : hits.find(({ rule }) => rule.category !== null)
  const memo = row.memoBy === 'person' ? undefined : hits.find(({ rule }) => rule.memo !== null)
  if (row.targetBy !== 'person') {
    row.target = category?.rule.category == null ? null : { category: category.rule.category }
    row.targetBy = category?.by ?? null
  }
  if (row.memoBy !== 'person') {
    row.memo = memo?.rule.memo ?? null
    row.memoBy = memo?.by ?? null
  }
  row.rule = (category ?? memo)?.rule.key ?? null
}

export function recodeAll(client: Client): void {
  for (const row of client.rows) recode(client, row)
}
