import { Select } from '@mantine/core'
import { type BooksAccount, books, type Mapping } from '@ledgersync/shared/books'
import { clients } from '@ledgersync/shared/clients'
import type { PostingMode } from '@ledgersync/shared/connections'
import { review } from '@ledgersync/shared/review'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useAddress } from '../../address.ts'
import { call } from '../../api.ts'
import { invalidate, query, queryClient } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import { Mask, None } from '../../ui/money.tsx'
import { EmptyState, ErrorState, Notice, SkeletonRows } from '../../ui/states.tsx'
import { toastError } from '../../ui/toasts.tsx'
import { BooksCard } from './books-card.tsx'
import { Vendors } from './vendors.tsx'
import styles from './mapping.module.css'

const returns: Record<string, { tone: 'info' | 'warn'; text: string }> = {
  refused: { tone: 'warn', text: 'QuickBooks was not connected: the request was declined at Intuit. Nothing changed.' },
  taken: {
    tone: 'warn',
    text: 'This QuickBooks company is already connected to another client. Disconnect it there first, or choose another company.',
  },
  stale: {
    tone: 'warn',
    text: 'QuickBooks was not connected: the request ran out, or began in another session. Press Connect QuickBooks to begin again.',
  },
  locked: { tone: 'warn', text: 'QuickBooks was not connected: this client is locked. Nothing changed.' },
  unavailable: { tone: 'warn', text: 'QuickBooks was not connected: Intuit did not answer. Nothing changed. Try again in a few minutes.' },
  other: { tone: 'warn', text: 'This client is connected to another QuickBooks company. Disconnect that one first.' },
}

/** QuickBooks, and which of its accounts the client's bank accounts and the firm's categories mean. */
export function MappingPage() {
  const { clientId } = useParams({ from: '/app/clients/$clientId' })
  const [address] = useAddress(['books'] as const)
  const client = useQuery(query(clients.get, { params: { clientId } }))
  const mapping = useQuery(query(books.mapping, { params: { clientId } }))
  const accounts = useQuery(query(books.accounts, { params: { clientId } }))
  const back = returns[address.books ?? '']
  return (
    <div className={styles.page}>
      {back && <Notice tone={back.tone}>{back.text}</Notice>}
      <BooksCard clientId={clientId} clientName={client.data?.businessName ?? 'this client'} />
      {mapping.isError && <ErrorState error={mapping.error} title="We could not load the mapping" onRetry={() => void mapping.refetch()} />}
      {mapping.isPending && <SkeletonRows />}
      {mapping.data && (
        <>
          <BankAccounts clientId={clientId} mapping={mapping.data} chart={accounts.data?.items ?? []} />
          <Categories clientId={clientId} mapping={mapping.data} chart={accounts.data?.items ?? []} />
          <Vendors clientId={clientId} />
        </>
      )}
    </div>
  )
}

function saved(clientId: string) {
  return async (next: Mapping) => {
    queryClient.setQueryData(query(books.mapping, { params: { clientId } }).queryKey, next)
    await invalidate([review.list, review.counts])
  }
}

const typeOf = { bank: 'Bank', card: 'Credit Card', other: '' } as const
const modes = [
  { value: 'we_post', label: 'We post' },
  { value: 'code_only', label: 'QuickBooks has a feed: only code' },
  { value: 'off', label: 'Off' },
] satisfies { value: PostingMode; label: string }[]

interface PartProps {
  clientId: string
  mapping: Mapping
  chart: readonly BooksAccount[]
}

function BankAccounts({ clientId, mapping, chart }: PartProps) {
  if (mapping.accounts.length === 0)
    return <EmptyState title="No bank accounts yet">They appear here as soon as a bank is connected; then each is mapped once.</EmptyState>
  return (
    <section aria-labelledby="bank-accounts">
      <h2 id="bank-accounts" className={styles.heading}>
        Bank accounts
      </h2>
      <div className={styles.scroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Bank account</th>
              <th scope="col">QuickBooks account</th>
              <th scope="col">Mode</th>
              <th scope="col" data-align="end">
                Waiting
              </th>
            </tr>
          </thead>
          <tbody>
            {mapping.accounts.map((account) => (
              <AccountRow key={account.bankAccountId} clientId={clientId} account={account} chart={chart} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function AccountRow({
  clientId,
  account,
  chart,
}: {
  clientId: string
  account: Mapping['accounts'][number]
  chart: readonly BooksAccount[]
}) {
  const { bankAccountId, booksAccountId, mode } = account
  const save = useMutation({
    mutationFn: (body: { booksAccountId: string | null; mode: PostingMode }) =>
      call(books.mapAccount, { params: { clientId, bankAccountId }, body }),
    onSuccess: saved(clientId),
    onError: (error) => toastError(error),
  })
  const name = `${account.institutionName} ${account.name}`
  const fitting = chart.filter(
    (each) => each.type === typeOf[account.kind] && each.currency === account.currency && (each.active || each.id === booksAccountId),
  )
  return (
    <tr>
      <td>
        <strong>{account.name}</strong> <Mask mask={account.mask} />
        <div className={styles.second}>
          {account.institutionName} · {account.kind === 'card' ? 'card' : account.kind === 'bank' ? 'bank account' : 'not posted'} ·{' '}
          {account.currency}
        </div>
      </td>
      <td>
        <Select
          aria-label={`QuickBooks account of ${name}`}
          placeholder={account.kind === 'other' ? 'Not posted from here' : 'Not mapped'}
          disabled={account.kind === 'other' || chart.length === 0}
          data={fitting.map((each) => ({ value: each.id, label: each.number === null ? each.name : `${each.number} ${each.name}` }))}
          value={booksAccountId}
          onChange={(value) => save.mutate({ booksAccountId: value, mode })}
          searchable
          clearable
          nothingFoundMessage={`No ${typeOf[account.kind]} account in ${account.currency}`}
          clearButtonProps={{ 'aria-label': `Unmap ${name}` }}
        />
      </td>
      <td>
        <Select
          aria-label={`Mode of ${name}`}
          data={modes}
          value={mode}
          allowDeselect={false}
          onChange={(value) => value !== null && save.mutate({ booksAccountId, mode: value })}
        />
      </td>
      <td data-align="end" data-none={account.blocked === 0}>
        {account.blocked === 0 ? <None label="0" /> : <Badge tone="warn">{account.blocked} waiting</Badge>}
      </td>
    </tr>
  )
}

const notForCategories = new Set(['Bank', 'Credit Card', 'Accounts Receivable', 'Accounts Payable'])

function Categories({ clientId, mapping, chart }: PartProps) {
  const usable = chart.filter((each) => each.active && !notForCategories.has(each.type))
  const data = usable.map((each) => ({ value: each.id, label: each.number === null ? each.name : `${each.number} ${each.name}` }))
  return (
    <section aria-labelledby="categories">
      <h2 id="categories" className={styles.heading}>
        Categories of the firm
      </h2>
      <p className={styles.second}>Rules use the firm’s categories; here you say which account of this client each one means.</p>
      <div className={styles.scroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Category</th>
              <th scope="col">QuickBooks account</th>
              <th scope="col" data-align="end">
                Waiting
              </th>
            </tr>
          </thead>
          <tbody>
            {mapping.categories.map((category) => (
              <CategoryRow key={category.categoryId} clientId={clientId} category={category} data={data} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function CategoryRow({
  clientId,
  category,
  data,
}: {
  clientId: string
  category: Mapping['categories'][number]
  data: { value: string; label: string }[]
}) {
  const save = useMutation({
    mutationFn: (booksAccountId: string | null) =>
      call(books.mapCategory, { params: { clientId, categoryId: category.categoryId }, body: { booksAccountId } }),
    onSuccess: saved(clientId),
    onError: (error) => toastError(error),
  })
  return (
    <tr>
      <td>{category.name}</td>
      <td>
        <Select
          aria-label={`QuickBooks account for ${category.name}`}
          placeholder="Not mapped"
          disabled={data.length === 0}
          data={data}
          value={category.booksAccountId}
          onChange={(value) => save.mutate(value)}
          searchable
          clearable
          limit={200}
          nothingFoundMessage="No account has these words"
          clearButtonProps={{ 'aria-label': `Unmap ${category.name}` }}
        />
      </td>
      <td data-align="end" data-none={category.blocked === 0}>
        {category.blocked === 0 ? <None label="0" /> : <Badge tone="warn">{category.blocked} waiting</Badge>}
      </td>
    </tr>
  )
}
