import { templates, type TemplateText } from '@ledgersync/shared/templates'
import { useMutation } from '@tanstack/react-query'
import { Send } from 'lucide-react'
import { call } from '../../api.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import { formatPhone } from '../clients/invite-words.ts'

/** Sends the draft to whoever is signed in, with invented names. `draft` is null while something in it is wrong. */
export function TestButton({ draft }: { draft: TemplateText | null }) {
  const send = useMutation({
    mutationFn: (body: TemplateText) => call(templates.test, { body }),
    onSuccess: ({ to }) =>
      toast({ title: `Test sent to ${formatPhone(to)}`, detail: 'With invented names and banks. Its link opens nothing.' }),
    onError: (error) => toastError(error, 'The test was not sent'),
  })
  return (
    <ActionButton
      leftSection={<Send size={14} aria-hidden />}
      loading={send.isPending}
      unavailable={draft === null ? 'Something in the template is wrong: see the fields.' : null}
      onClick={() => draft !== null && send.mutate(draft)}
    >
      Send a test to me
    </ActionButton>
  )
}
