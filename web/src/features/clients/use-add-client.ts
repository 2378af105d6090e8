import { auth } from '@ledgersync/shared/auth'
import { clients, type InviteChannel } from '@ledgersync/shared/clients'
import { firms } from '@ledgersync/shared/firms'
import { useMutation, useSuspenseQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError, call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { invalidate, query } from '../../query.ts'
import { useMe } from '../../session.ts'
import { type Form, useForm } from '../../ui/form.ts'
import { toast } from '../../ui/toasts.tsx'
import { type AddClientValues, closedChannels, emptyClient, inviteOf, toClientCreate, validateClient } from './add-client-values.ts'

const addedWords: Record<InviteChannel, string> = {
  sms: 'The text is on its way.',
  email: 'The e-mail is on its way.',
  both: 'The text and the e-mail are on their way.',
  none: 'Nothing was sent.',
}

export type AddClientState = ReturnType<typeof useAddClient>

/** The state of the Add Client form and what sending it does. */
export function useAddClient() {
  const me = useMe()
  const firm = useSuspenseQuery(query(firms.get)).data
  const navigate = useNavigate()
  const form = useForm<AddClientValues>(emptyClient(me, firm), validateClient)
  const [another, setAnother] = useState(false)
  const [suggestion, setSuggestion] = useState<string | null>(null)
  const [failure, setFailure] = useState<Error | null>(null)
  const [usernameOpen, setUsernameOpen] = useState(false)
  const closed = closedChannels(form.values, me.staff.emailVerified)
  const invite = inviteOf(form.values, closed)
  const create = useMutation({
    mutationFn: () => call(clients.create, { body: toClientCreate(form.values, invite, me.staff.role === 'administrator') }),
    onSuccess: async (client) => {
      const open = () => void navigate({ to: paths.client, params: { clientId: client.id } })
      toast({ title: `${client.businessName} added`, detail: addedWords[invite], ...(another && { action: { label: 'Open', run: open } }) })
      void invalidate([clients.list, clients.counts])
      form.reset(emptyClient(me, firm))
      setSuggestion(null)
      setUsernameOpen(false)
      setFailure(null)
      if (another) requestAnimationFrame(() => document.getElementsByName('businessName')[0]?.focus())
      else open()
    },
    onError: (error) => {
      setFailure(error)
      if (!(error instanceof ApiError)) return
      // A field that is not shown cannot show its error
      if (error.fields.some(({ field }) => field === 'body.username') || error.code === 'username_taken') setUsernameOpen(true)
      setSuggestion(error.suggestion)
      if (error.code === 'email_unverified') void invalidate([auth.me])
      if (placeError(form, error)) setFailure(null)
    },
  })
  return {
    form,
    closed,
    invite,
    /** A refusal that belongs to no field. */
    failure,
    isPending: create.isPending,
    another,
    setAnother,
    suggestion,
    takeSuggestion: (username: string) => {
      form.set({ username })
      setSuggestion(null)
    },
    usernameShown: usernameOpen || form.values.staffHaveAccess,
    showUsername: () => setUsernameOpen(true),
    submit: () => {
      if (create.isPending || !form.check()) return
      setSuggestion(null)
      setFailure(null)
      create.mutate()
    },
  }
}

/** Puts the API's refusal on the field it is about; a refused channel stands below the channels. Answers whether one took it. */
function placeError(form: Form<AddClientValues>, error: ApiError): boolean {
  if (form.refuse(error)) return true
  const field =
    error.code === 'username_taken' ? 'username' : error.code === 'opted_out' || error.code === 'channel_unavailable' ? 'invite' : null
  if (field !== null) form.fail(field, error.message)
  return field !== null
}
