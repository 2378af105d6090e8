import type { Page } from '@ledgersync/shared/common'
import { type CodingInput, review } from '@ledgersync/shared/review'
import type { Coding, Transaction } from '@ledgersync/shared/transactions'
import type { InfiniteData } from '@tanstack/react-query'
import { useRef } from 'react'
import { call } from '../../api.ts'
import { invalidate, queryClient } from '../../query.ts'
import { useMissingPermission } from '../../session.ts'
import { formatCount } from '../../ui/money.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'

/** One step back: what the rows were before. */
type Step = { kind: 'approve'; ids: string[] } | { kind: 'code'; before: { id: string; coding: CodingInput }[] }

interface Keeper {
  keep: (rows: readonly Transaction[]) => void
  release: (ids: readonly string[]) => void
}

/** The API takes this many rows at a time. */
const rowsAtOnce = 500

/** Everything one can do to rows of the queue. Each shows its result at once, tells refusals, and can be undone. */
export function useReviewActions({ keep, release }: Keeper) {
  const steps = useRef<Step[]>([])
  const noMany = useMissingPermission('approve_many')

  const approve = async (rows: readonly Transaction[]): Promise<void> => {
    const open = rows.filter((row) => row.approvedAt === null)
    if (open.length === 0) return
    if (open.length > 1 && noMany !== null) {
      toast({ tone: 'warn', title: 'Not approved', detail: noMany })
      return
    }
    const { done, refused } = await inChunks(
      review.approve,
      open.map((row) => row.id),
    )
    const approved = open.filter((row) => done.includes(row.id)).map(asApproved)
    keep(approved)
    patchRows(approved)
    if (done.length > 0) steps.current.push({ kind: 'approve', ids: done })
    if (open.length > 1 && done.length > 0)
      toast({
        title: `${formatCount(done.length)} approved`,
        detail: 'They wait in the push bar.',
        action: { label: 'Undo', run: () => void undo() },
      })
    if (refused.length > 0) toast({ tone: 'warn', title: refusedTitle(refused.length), detail: reasonsOf(refused) })
  }
  const unapprove = async (ids: string[]): Promise<void> => {
    const { done, refused } = await inChunks(review.unapprove, ids)
    release(done)
    patch(done, (row) => ({ ...row, stage: 'open', approvedAt: null, approvedBy: null }))
    if (refused.length > 0) toast({ tone: 'warn', title: 'Not taken back', detail: reasonsOf(refused) })
  }
  const code = async (rows: readonly Transaction[], coding: CodingInput): Promise<Transaction[]> => {
    const before = rows.map((row) => ({ id: row.id, coding: inputOf(row.coding, coding) }))
    const changed = await codeEach(rows.map((row) => ({ id: row.id, coding })))
    keep(changed.filter((row) => row.approvedAt !== null))
    steps.current.push({ kind: 'code', before: before.filter(({ id }) => changed.some((row) => row.id === id)) })
    return changed
  }
  const undo = async (): Promise<void> => {
    const step = steps.current.pop()
    if (step === undefined) return
    if (step.kind === 'approve') await unapprove(step.ids)
    else await codeEach(step.before)
  }
  return { approve: told(approve), unapprove: told(unapprove), code, undo: told(undo), toldCode: told(code) }
}
export type ReviewActions = ReturnType<typeof useReviewActions>

/** Makes a failure of the whole request known, and fetches the counts that changed. */
function told<A extends unknown[]>(action: (...args: A) => Promise<unknown>): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args)
    } catch (error) {
      toastError(error)
    }
    await invalidate([review.counts])
  }
}

async function inChunks(endpoint: typeof review.approve | typeof review.unapprove, ids: string[]) {
  const done: string[] = []
  const refused: { transactionId: string; reason: string }[] = []
  for (let start = 0; start < ids.length; start += rowsAtOnce) {
    const outcome = await call(endpoint, { body: { transactionIds: ids.slice(start, start + rowsAtOnce) } })
    done.push(...outcome.done)
    refused.push(...outcome.refused)
  }
  return { done, refused }
}

/** Codes rows one after the other; those that fail are told together. */
async function codeEach(changes: { id: string; coding: CodingInput }[]): Promise<Transaction[]> {
  const changed: Transaction[] = []
  let failure: unknown
  for (const { id, coding } of changes) {
    try {
      changed.push(await call(review.code, { params: { transactionId: id }, body: coding }))
    } catch (error) {
      failure = error
    }
  }
  patchRows(changed)
  if (failure !== undefined)
    toastError(failure, changes.length === 1 ? undefined : `${changes.length - changed.length} rows were not changed`)
  return changed
}

/** The members that `change` touches, as they are in `coding`. */
function inputOf(coding: Coding, change: CodingInput): CodingInput {
  const category = coding.categoryId === null ? { booksAccountId: coding.booksAccountId } : { categoryId: coding.categoryId }
  return {
    ...(change.vendorId !== undefined && { vendorId: coding.vendorId }),
    ...((change.categoryId !== undefined || change.booksAccountId !== undefined) && category),
    ...(change.memo !== undefined && { memo: coding.memo }),
  }
}

function asApproved(row: Transaction): Transaction {
  return { ...row, stage: 'approved', approvedAt: row.approvedAt ?? new Date().toISOString() }
}

function patchRows(rows: readonly Transaction[]): void {
  const byId = new Map(rows.map((row) => [row.id, row]))
  patch([...byId.keys()], (row) => byId.get(row.id) ?? row)
}

/** Changes rows wherever the queue is kept, until the next answer of the API. */
function patch(ids: readonly string[], change: (row: Transaction) => Transaction): void {
  const wanted = new Set(ids)
  queryClient.setQueriesData<InfiniteData<Page<Transaction>>>({ queryKey: [review.list.schema.operationId] }, (data) =>
    data?.pages === undefined
      ? data
      : {
          ...data,
          pages: data.pages.map((page) => ({ ...page, items: page.items.map((row) => (wanted.has(row.id) ? change(row) : row)) })),
        },
  )
}

function refusedTitle(count: number): string {
  return count === 1 ? 'Not approved' : `${formatCount(count)} not approved`
}

/** Each reason once, with how many rows it holds back. */
function reasonsOf(refused: readonly { reason: string }[]): string {
  const counts = new Map<string, number>()
  for (const { reason } of refused) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].map(([reason, count]) => (refused.length === 1 ? reason : `${formatCount(count)}: ${reason}`)).join(' ')
}
