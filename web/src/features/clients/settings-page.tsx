import { clients } from '@ledgersync/shared/clients'
import { useSuspenseQuery } from '@tanstack/react-query'
import { useParams, useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import { query } from '../../query.ts'
import { useMe } from '../../session.ts'
import { focusField } from '../../ui/form.ts'
import { DeleteClientButton } from './delete-client.tsx'
import { LockButton } from './lock.tsx'
import { SettingsBanks } from './settings-banks.tsx'
import { SettingsForm } from './settings-form.tsx'
import { SettingsStaff } from './settings-staff.tsx'
import styles from './settings.module.css'

/** What staff can change about a client: who it is, who looks after it and which banks are asked for. */
export function SettingsPage() {
  const { clientId } = useParams({ from: '/app/clients/$clientId' })
  const { field } = useSearch({ from: '/app/clients/$clientId/settings' })
  const { staff: self } = useMe()
  // Whoever came to correct one thing begins there
  useEffect(() => {
    if (field !== undefined) focusField(field)
  }, [field])
  const { data: client } = useSuspenseQuery(query(clients.get, { params: { clientId } }))
  // The key makes the forms begin anew for another client
  return (
    <div className={styles.parts} key={clientId}>
      <section aria-labelledby="settings-client">
        <h2 id="settings-client">Client</h2>
        <SettingsForm client={client} />
      </section>
      <section aria-labelledby="settings-staff">
        <h2 id="settings-staff">Assigned staff</h2>
        <p className={styles.quiet}>Employees see only clients assigned to them.</p>
        <SettingsStaff client={client} />
      </section>
      <section aria-labelledby="settings-banks">
        <h2 id="settings-banks">Banks asked for</h2>
        <p className={styles.quiet}>Changes are saved at once.</p>
        <SettingsBanks client={client} />
      </section>
      <section aria-labelledby="settings-lock">
        <h2 id="settings-lock">Lock</h2>
        <p className={styles.quiet}>
          While a client is locked its links do not work, waiting messages are not sent and nothing is fetched. Nothing is lost.
        </p>
        <div className={styles.form}>
          <div className={styles.buttons}>
            <LockButton client={client} />
          </div>
        </div>
      </section>
      {self.role === 'administrator' && (
        <section aria-labelledby="settings-delete">
          <h2 id="settings-delete">Delete</h2>
          <p className={styles.quiet}>Disconnects banks and QuickBooks and erases everything about this client. It cannot be undone.</p>
          <div className={styles.form}>
            <div className={styles.buttons}>
              <DeleteClientButton client={client} />
            </div>
          </div>
        </section>
      )}
    </div>
  )
}
