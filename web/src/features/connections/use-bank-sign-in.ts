import { connections } from '@ledgersync/shared/connections'
import { useMutation } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { toast, toastError } from '../../ui/toasts.tsx'

/** What to open at the bank: `connectionId` repairs it, `bankId` opens an asked-for bank, neither lets staff search. */
export interface BankSignIn {
  connectionId?: string
  bankId?: string
}

interface Visit extends BankSignIn {
  /** Opened by the click itself: browsers block windows that open later. Null when blocked anyway. */
  tab: Window | null
}

/** Opens the bank's sign-in for a client of whom staff hold the bank login, in a new tab. `open` must run in a click. */
export function useBankSignIn(clientId: string): { open: (what?: BankSignIn) => void; pending: BankSignIn | null } {
  const visit = useMutation({
    mutationFn: ({ connectionId, bankId }: Visit) =>
      connectionId === undefined
        ? call(connections.add, { params: { clientId }, body: bankId === undefined ? {} : { bankId } })
        : call(connections.repair, { params: { clientId, connectionId } }),
    onSuccess: ({ url }, { tab }) => {
      if (tab !== null && !tab.closed) tab.location.replace(url)
      else
        toast({
          tone: 'warn',
          title: 'The browser blocked the new tab',
          action: { label: 'Open the bank', run: () => void window.open(url, '_blank', 'noopener') },
        })
    },
    onError: (error, { tab }) => {
      tab?.close()
      toastError(error, "The bank's sign-in did not open")
    },
  })
  const open = (what: BankSignIn = {}) => {
    const tab = window.open('about:blank', '_blank')
    // The bank's page must not be able to steer ours
    if (tab !== null) tab.opener = null
    visit.mutate({ ...what, tab })
  }
  return { open, pending: visit.isPending ? visit.variables : null }
}

/** Fetches what is new from all banks of a client, in the background. */
export function useSynchronize(clientId: string) {
  return useMutation({
    mutationFn: () => call(connections.sync, { params: { clientId } }),
    onSuccess: () => toast({ title: 'Synchronizing', detail: 'New transactions appear as they arrive. You can leave this page.' }),
    onError: (error) => toastError(error, 'Nothing was fetched'),
  })
}
