import { isDeepStrictEqual } from 'node:util'
import type { Actions } from '@ledgersync/shared/rules'
import type { Source, Transaction } from '@ledgersync/shared/transactions'
import type { Hit, Verdict } from './match.ts'

/** How a row is coded, and by whom. */
export interface RowCoding {
  vendorId: string | null
  vendorBy: Source | null
  categoryId: string | null
  booksAccountId: string | null
  categoryBy: Source | null
  memo: string | null
  memoBy: Source | null
  ruleId: string | null
  why: Transaction['why']
}

type Action = keyof Actions

/** What a rule may still set: a vendor or account of the client's current books, a category of the firm. */
export type Usable = (actions: Actions) => Actions

const sourceOf = (hit: Hit): Source => (hit.rule.clientId === null ? 'global_rule' : 'client_rule')

/** The first hit, the client's before the firm's, that sets any of these actions. */
function deciding(hits: readonly Hit[], usable: Usable, ...names: Action[]): { hit: Hit; actions: Actions } | null {
  for (const hit of hits) {
    const actions = usable(hit.rule.actions)
    if (names.some((name) => (actions[name] ?? null) !== null)) return { hit, actions }
  }
  return null
}

/**
 * The coding a row has after the rules have run. For each field: a person's choice stays; else the client's rule, else the
 * firm's; else what a rule had set is cleared. `why` names the rule of the category, or else of the vendor, or else of the memo.
 */
export function recode(before: RowCoding, verdict: Verdict, usable: Usable): RowCoding {
  const hits = [verdict.client, verdict.global].filter((hit) => hit !== null)
  const category = before.categoryBy === 'person' ? null : deciding(hits, usable, 'categoryId', 'booksAccountId')
  const vendor = before.vendorBy === 'person' ? null : deciding(hits, usable, 'vendorId')
  const memo = before.memoBy === 'person' ? null : deciding(hits, usable, 'memo')
  const hit = (category ?? vendor ?? memo)?.hit ?? null
  return {
    ...(before.vendorBy === 'person'
      ? { vendorId: before.vendorId, vendorBy: before.vendorBy }
      : { vendorId: vendor?.actions.vendorId ?? null, vendorBy: vendor === null ? null : sourceOf(vendor.hit) }),
    ...(before.categoryBy === 'person'
      ? { categoryId: before.categoryId, booksAccountId: before.booksAccountId, categoryBy: before.categoryBy }
      : {
          categoryId: category?.actions.categoryId ?? null,
          booksAccountId: category?.actions.booksAccountId ?? null,
          categoryBy: category === null ? null : sourceOf(category.hit),
        }),
    ...(before.memoBy === 'person'
      ? { memo: before.memo, memoBy: before.memoBy }
      : { memo: memo?.actions.memo ?? null, memoBy: memo === null ? null : sourceOf(memo.hit) }),
    ruleId: hit?.rule.id ?? null,
    why: hit === null ? null : whyOf(hit),
  }
}

function whyOf({ rule, matched }: Hit): NonNullable<Transaction['why']> {
  return { ruleId: rule.id, ruleName: rule.name, ruleVersion: rule.version, scope: rule.clientId === null ? 'global' : 'client', matched }
}

/** Whether anything of a coding differs, the reason included. */
export function sameCoding(a: RowCoding, b: RowCoding): boolean {
  return (
    sameValues(a, b) &&
    a.vendorBy === b.vendorBy &&
    a.categoryBy === b.categoryBy &&
    a.memoBy === b.memoBy &&
    a.ruleId === b.ruleId &&
    isDeepStrictEqual(a.why, b.why)
  )
}

/** Whether two codings would make the same entry. */
export function sameValues(a: RowCoding, b: RowCoding): boolean {
  return sameCategory(a, b) && a.vendorId === b.vendorId && a.memo === b.memo
}

export function sameCategory(a: RowCoding, b: RowCoding): boolean {
  return a.categoryId === b.categoryId && a.booksAccountId === b.booksAccountId
}
