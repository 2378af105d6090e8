import { clients } from '@ledgersync/shared/clients'
import { funnel, type Stuck } from '@ledgersync/shared/funnel'
import { type InviteCreate, invites } from '@ledgersync/shared/invites'
import type { StepKind } from '@ledgersync/shared/next-step'
import { headsUp } from '@ledgersync/shared/texts'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { invalidate, query, queryClient } from '../../query.ts'
import { useMe } from '../../session.ts'
import { confirm } from '../../ui/confirm.tsx'
import { toastError } from '../../ui/toasts.tsx'
import { copyText } from '../clients/copy-text.ts'
import { useAskClient } from '../connections/use-ask-client.ts'
import { useBankSignIn } from '../connections/use-bank-sign-in.ts'
import { InviteDialog } from './invite-dialog.tsx'

type Way = Exclude<InviteCreate['channel'], 'copy'>

/** Takes a step for a client; `dialog` is to be shown beside the button that does. A call is a link and needs nothing taken. */
export function useStep(stuck: Stuck): { take: (step: StepKind) => void; pending: boolean; dialog: React.ReactNode } {
  const { clientId, businessName, connectionId, channel, phone } = stuck
  const { staff } = useMe()
  const navigate = useNavigate()
  const bank = useBankSignIn(clientId)
  const ask = useAskClient(clientId, businessName)
  const [way, setWay] = useState<Way | null>(null)
  const correct = (field: 'phone' | 'email' | 'banks') =>
    void navigate({ to: paths.clientSettings, params: { clientId }, search: { field } })
  const tellFirst = async () => {
    const client = await queryClient.ensureQueryData(query(clients.get, { params: { clientId } }))
    await copyText(
      headsUp({ ...client, staffName: staff.name }),
      'Heads-up copied',
      `Send it to ${businessName} from your own phone or mail.`,
    )
  }
  const statements = useStatementLink(stuck)
  const take = (step: StepKind) => {
    switch (step) {
      case 'wait':
      case 'call':
        return
      case 'heads_up':
        tellFirst().catch((error: unknown) => toastError(error, 'The heads-up was not copied'))
        return
      case 'switch_to_text':
        return setWay('sms')
      case 'switch_to_email':
        return setWay('email')
      case 'invite_again':
        return setWay(channel !== null && channel !== 'copy' ? channel : phone === null ? 'email' : 'sms')
      case 'ask_sign_in':
        return ask.mutate()
      case 'fix_phone':
        return correct('phone')
      case 'fix_email':
        return correct('email')
      case 'choose_bank':
        return correct('banks')
      case 'ask_statements':
        return void statements.ask()
      case 'see_statements':
        return void navigate({ to: paths.clientStatements, params: { clientId } })
      case 'own_access':
        return bank.open(connectionId === null ? {} : { connectionId })
    }
  }
  const dialog = way !== null && <InviteDialog clientId={clientId} first={way} onClose={() => setWay(null)} />
  return { take, pending: ask.isPending || statements.pending || bank.pending !== null, dialog }
}

/** Makes a link to the page where the client sends statements, which staff hand over themselves. */
function useStatementLink({ clientId, businessName }: Stuck): { ask: () => Promise<void>; pending: boolean } {
  const link = useMutation({
    mutationFn: () => call(invites.create, { params: { clientId }, body: { channel: 'copy' } }),
    onSuccess: async ({ url }) => {
      const how = `Send it to ${businessName} from your own phone or mail.`
      if (url !== null) await copyText(`${url}/statements`, 'Link for statements copied', how)
      await invalidate([invites.list, funnel.nextStep])
    },
    onError: (error) => toastError(error, 'No link was made'),
  })
  const ask = async () => {
    const yes = await confirm({
      title: `Ask ${businessName} for statements?`,
      body: 'You get a link to a page where the client sends PDF or CSV files, or connects a bank after all. It is valid for 5 days; older links stop working.',
      confirm: 'Copy the link',
      keep: 'Cancel',
    })
    if (yes) link.mutate()
  }
  return { ask, pending: link.isPending }
}
