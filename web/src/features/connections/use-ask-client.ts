import { connections } from '@ledgersync/shared/connections'
import { funnel } from '@ledgersync/shared/funnel'
import { invites } from '@ledgersync/shared/invites'
import { messages } from '@ledgersync/shared/messages'
import { useMutation } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { invalidate } from '../../query.ts'
import { toast, toastError } from '../../ui/toasts.tsx'

/** Asks a client to sign in again wherever a bank wants it. */
export function useAskClient(clientId: string, clientName: string) {
  return useMutation({
    mutationFn: () => call(connections.askClient, { params: { clientId } }),
    onSuccess: async () => {
      toast({ title: `${clientName} is asked to sign in again`, detail: 'One message for all of their banks that want it.' })
      await invalidate([connections.list, invites.list, messages.list, funnel.nextStep])
    },
    onError: (error) => toastError(error, `${clientName} was not asked`),
  })
}
