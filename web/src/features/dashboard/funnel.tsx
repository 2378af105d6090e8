import { funnel } from '@ledgersync/shared/funnel'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { paths } from '../../paths.ts'
import { query } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import { ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { periodQuery, usualDays } from '../funnel/address.ts'
import { FunnelChart } from '../funnel/funnel-chart.tsx'
import type { ChoiceAddress } from '../groups/client-choice.tsx'
import styles from './dashboard.module.css'

/** How far the invites of the last 30 days got: the figures of the page Invites, for the same clients. */
export function Funnel({ address }: { address: ChoiceAddress }) {
  const found = useQuery({ ...query(funnel.get, { query: periodQuery(address) }), placeholderData: keepPreviousData })
  const tally = found.data?.total
  const [all, connected] = [tally?.[0]?.count ?? 0, tally?.at(-1)?.count ?? 0]
  return (
    <section className={styles.card} aria-labelledby="funnel">
      <header>
        <h2 id="funnel">Invites, {usualDays} days</h2>
        {all > 0 && <Badge>{Math.round((connected / all) * 100)}% connected</Badge>}
        <Link to={paths.invites} search={{ ...address }} className={styles.all}>
          All figures
        </Link>
      </header>
      {found.isError && !found.data && (
        <ErrorState error={found.error} title="We could not count the invites" onRetry={() => void found.refetch()} />
      )}
      {found.isPending && <SkeletonRows rows={6} />}
      {tally !== undefined && all === 0 && <p className={styles.nothing}>No invite in the last {usualDays} days.</p>}
      {tally !== undefined && all > 0 && <FunnelChart tally={tally} address={address} />}
    </section>
  )
}
