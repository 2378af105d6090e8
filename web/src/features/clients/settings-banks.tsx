import { type Client, clients, type Institution, type WantedBank } from '@ledgersync/shared/clients'
import { useMutation } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { invalidate } from '../../query.ts'
import { ErrorState } from '../../ui/states.tsx'
import { toast } from '../../ui/toasts.tsx'
import { BankPicker } from './bank-picker.tsx'
import styles from './settings.module.css'

/** Asks for a bank, or stops asking; both at once, for the client's page shows it the next time it is opened. */
function useBankChoice(clientId: string) {
  const refresh = () => invalidate([clients.get], clientId)
  const ask = useMutation({
    mutationFn: ({ institutionId, name, routingNumber }: Pick<Institution, 'institutionId' | 'name' | 'routingNumber'>) =>
      call(clients.addBank, { params: { clientId }, body: { institutionId, name, routingNumber } }),
    onSuccess: refresh,
  })
  const stop = useMutation({
    mutationFn: ({ id }: WantedBank) => call(clients.removeBank, { params: { clientId, bankId: id } }),
    onSuccess: async (_nothing, { institutionId, name }) => {
      toast({
        title: `${name} is no longer asked for`,
        detail: 'A connection made from it stays.',
        action: { label: 'Undo', run: () => ask.mutate({ institutionId, name, routingNumber: null }) },
      })
      await refresh()
    },
  })
  return { ask, stop }
}

/** The banks the client finds as buttons on their page. */
export function SettingsBanks({ client }: { client: Client }) {
  const { ask, stop } = useBankChoice(client.id)
  const asked = client.banks.map(({ institutionId, name }) => ({ institutionId, name, routingNumber: null, color: null }))
  const change = (next: Institution[]) => {
    const before = new Set(client.banks.map(({ institutionId }) => institutionId))
    const after = new Set(next.map(({ institutionId }) => institutionId))
    for (const bank of next) if (!before.has(bank.institutionId)) ask.mutate(bank)
    for (const bank of client.banks) if (!after.has(bank.institutionId)) stop.mutate(bank)
  }
  const error = ask.error ?? stop.error
  return (
    <div className={styles.form}>
      {error && <ErrorState error={error} title="The banks were not changed" />}
      <BankPicker banks={asked} onChange={change} />
      {client.banks.length === 0 && (
        <p className={styles.quiet}>None yet: the client searches for the bank. Choose it here and they only tap a button.</p>
      )}
    </div>
  )
}
