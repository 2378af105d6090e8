import { books } from '@ledgersync/shared/books'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { query } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import { formatCount } from '../../ui/money.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { ErrorState, SkeletonRows } from '../../ui/states.tsx'
import styles from './mapping.module.css'

/** More are found by typing. */
const shownMax = 60

/** The client's vendors as QuickBooks has them. Shown only once a company was connected: before that there is nothing to say. */
export function Vendors({ clientId }: { clientId: string }) {
  const [search, setSearch] = useState('')
  const company = useQuery(query(books.get, { params: { clientId } })).data?.books ?? null
  const found = useQuery({ ...query(books.vendors, { params: { clientId } }), enabled: company !== null })
  if (company === null) return null
  const all = found.data?.items
  const words = search.toLowerCase()
  const fitting = all?.filter(({ name }) => name.toLowerCase().includes(words)) ?? []
  return (
    <section aria-labelledby="vendors">
      <div className={styles.headingRow}>
        <h2 id="vendors" className={styles.heading}>
          Vendors {all && all.length > 0 && <span className={styles.second}>{formatCount(all.length)}</span>}
        </h2>
        {all && all.length > 0 && <SearchField label="Find a vendor" placeholder="Find a vendor" value={search} onChange={setSearch} />}
      </div>
      <p className={styles.second}>
        Read from {company.companyName}. Rules and Review can use the active ones; new vendors are made in QuickBooks, then press Refresh.
      </p>
      {found.isError && !all && (
        <ErrorState error={found.error} title="We could not load the vendors" onRetry={() => void found.refetch()} />
      )}
      {found.isPending && <SkeletonRows rows={3} height={32} />}
      {all?.length === 0 && <p className={styles.nothing}>{company.companyName} has no vendors yet.</p>}
      {all && all.length > 0 && fitting.length === 0 && (
        <p className={styles.nothing}>
          No vendor has the words <strong>“{search}”</strong>.
        </p>
      )}
      {fitting.length > 0 && (
        <ul className={styles.vendors} aria-label="Vendors">
          {fitting.slice(0, shownMax).map(({ id, name, active }) => (
            <li key={id}>
              <span title={name}>{name}</span>
              {!active && <Badge>Inactive</Badge>}
            </li>
          ))}
        </ul>
      )}
      {fitting.length > shownMax && (
        <p className={styles.second}>{formatCount(fitting.length - shownMax)} more. Type a name to find them.</p>
      )}
    </section>
  )
}
