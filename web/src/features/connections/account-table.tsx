import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { books } from '@ledgersync/shared/books'
import type { BankAccount, Connection, PostingMode } from '@ledgersync/shared/connections'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { RefreshCw, Wrench } from 'lucide-react'
import { paths } from '../../paths.ts'
import { query } from '../../query.ts'
import { Badge, BankMark } from '../../ui/badge.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { HealthMark, healthWords } from '../../ui/health-mark.tsx'
import { Count, Mask, Money, None } from '../../ui/money.tsx'
import { useBankSignIn, useSynchronize } from './use-bank-sign-in.ts'
import styles from './account-table.module.css'

const modeWords: Record<PostingMode, string> = { we_post: 'We post', code_only: 'Code only', off: 'Off' }

/** A client's accounts, grouped by bank: what they hold, where they go in QuickBooks and what waits for review. */
export function AccountTable({ clientId, connections }: { clientId: string; connections: Connection[] }) {
  return (
    <div className={styles.card}>
      <table className={styles.table} aria-label="Bank accounts">
        <thead>
          <tr>
            <th scope="col">Bank and account</th>
            <th scope="col" data-align="end">
              Balance
            </th>
            <th scope="col">QuickBooks account</th>
            <th scope="col">Mode</th>
            <th scope="col" data-align="end">
              To review
            </th>
          </tr>
        </thead>
        {connections.map((connection) => (
          <tbody key={connection.id}>
            <BankRow connection={connection} />
            {connection.accounts.map((account) => (
              <AccountRow key={account.id} clientId={clientId} account={account} />
            ))}
            {connection.accounts.length === 0 && (
              <tr>
                <td colSpan={5} className={styles.nothing}>
                  {connection.health === 'syncing' ? 'Accounts are on their way.' : 'This bank shared no accounts.'}
                </td>
              </tr>
            )}
          </tbody>
        ))}
      </table>
    </div>
  )
}

function BankRow({ connection: { id, clientId, institutionName, health, cause, lastSuccessAt } }: { connection: Connection }) {
  const bank = useBankSignIn(clientId)
  const synchronize = useSynchronize(clientId)
  return (
    <tr className={styles.bank}>
      <th colSpan={5} scope="rowgroup">
        <div className={styles.bankLine}>
          <BankMark name={institutionName} />
          <span className={styles.bankName}>{institutionName}</span>
          <span className={styles.health} data-health={health}>
            <HealthMark health={health} />
            {cause ?? healthWords[health]}
          </span>
          <span className={styles.end}>
            <span className={styles.quiet}>
              {lastSuccessAt === null ? (
                'No good sync yet'
              ) : (
                <>
                  Last good sync <DateTime at={lastSuccessAt} shape="ago" />
                </>
              )}
            </span>
            {health === 'needs_client' && (
              <Button
                size="sm"
                aria-label={`Repair ${institutionName}`}
                leftSection={<Wrench size={14} aria-hidden />}
                loading={bank.pending !== null}
                onClick={() => bank.open({ connectionId: id })}
              >
                Repair
              </Button>
            )}
            {(health === 'healthy' || health === 'bank_down') && (
              <Tooltip label="Fetch what is new">
                <ActionIcon
                  size="sm"
                  aria-label={`Fetch what is new at ${institutionName}`}
                  loading={synchronize.isPending}
                  onClick={() => synchronize.mutate()}
                >
                  <RefreshCw size={14} />
                </ActionIcon>
              </Tooltip>
            )}
          </span>
        </div>
      </th>
    </tr>
  )
}

function AccountRow({ clientId, account }: { clientId: string; account: BankAccount }) {
  const { name, mask, balanceMinor, currency, mode, toReview } = account
  return (
    <tr>
      <th scope="row">
        <span className={styles.name}>{name}</span> <Mask mask={mask} />
      </th>
      <td data-align="end" data-label="Balance">
        <Money amountMinor={balanceMinor} currency={currency} />
      </td>
      <td data-label="QuickBooks">
        <Mapped clientId={clientId} account={account} />
      </td>
      <td data-label="Mode">{modeWords[mode]}</td>
      <td data-align="end" data-label="To review">
        <Count value={toReview} strong />
      </td>
    </tr>
  )
}

function Mapped({ clientId, account: { id, name, booksAccountId, mode } }: { clientId: string; account: BankAccount }) {
  const params = { clientId }
  const chart = useQuery({ ...query(books.accounts, { params }), enabled: booksAccountId !== null })
  const blocked = useQuery(query(books.mapping, { params })).data?.accounts.find(({ bankAccountId }) => bankAccountId === id)?.blocked ?? 0
  if (booksAccountId === null && mode === 'off') return <None label="Ignored" />
  if (booksAccountId === null) {
    return (
      <span className={styles.mapped}>
        <Badge tone="warn">{blocked === 0 ? 'Not mapped' : `Not mapped, ${blocked} blocked`}</Badge>
        <Link to={paths.clientMapping} params={params} aria-label={`Map ${name}`}>
          Map
        </Link>
      </span>
    )
  }
  const found = chart.data?.items.find((one) => one.id === booksAccountId)
  if (found === undefined) return chart.isPending ? <None label="Loading" /> : <span>Mapped</span>
  return <span>{found.number === null ? found.name : `${found.number} ${found.name}`}</span>
}
