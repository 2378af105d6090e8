import { Button } from '@mantine/core'
import type { Client } from '@ledgersync/shared/clients'
import { Check } from 'lucide-react'
import { BankMark, Badge } from '../../ui/badge.tsx'
import { useBankSignIn } from '../connections/use-bank-sign-in.ts'
import styles from './summary.module.css'

/** The banks the client is asked to connect, each done or missing. */
export function WantedBanks({ client }: { client: Client }) {
  const bank = useBankSignIn(client.id)
  if (client.banks.length === 0) return null
  const missing = client.banks.filter(({ connectionId }) => connectionId === null).length
  return (
    <section className={styles.card} aria-label="Banks asked for">
      <div className={styles.cardHead}>
        <strong>Banks asked for</strong>{' '}
        <span className={styles.quiet}>{missing === 0 ? 'all connected' : `${missing} of ${client.banks.length} missing`}</span>
      </div>
      <ul className={styles.wanted}>
        {client.banks.map(({ id, name, connectionId }) => (
          <li key={id}>
            <BankMark name={name} />
            <span>{name}</span>
            {connectionId === null && <Badge tone="warn">Missing</Badge>}
            {connectionId !== null && (
              <span className={styles.done}>
                <Check size={14} aria-hidden /> Connected
              </span>
            )}
            {connectionId === null && client.staffHaveAccess && (
              <Button
                size="sm"
                aria-label={`Sign in at ${name}`}
                loading={bank.pending?.bankId === id}
                onClick={() => bank.open({ bankId: id })}
              >
                Sign in
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
