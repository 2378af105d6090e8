import { Button, Checkbox, Select, TextInput } from '@mantine/core'
import { type Client, clients } from '@ledgersync/shared/clients'
import { useMutation } from '@tanstack/react-query'
import { useBlocker } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError, call } from '../../api.ts'
import { clientLists } from '../../live.ts'
import { invalidate, query, queryClient } from '../../query.ts'
import { confirm } from '../../ui/confirm.tsx'
import { type Form, useForm } from '../../ui/form.ts'
import { ErrorState } from '../../ui/states.tsx'
import { formatDateTime } from '../../ui/time.ts'
import { toast } from '../../ui/toasts.tsx'
import { GroupSelect } from '../groups/group-select.tsx'
import { changesOf, settingsOf, type SettingsValues, validateSettings } from './settings-values.ts'
import { languages, zonesWith } from './team-fields.tsx'
import styles from './settings.module.css'

/** Saves what was changed; what was typed stays when the API refuses it. */
function useSettings(client: Client) {
  const [start, setStart] = useState(() => settingsOf(client))
  const form = useForm<SettingsValues>(start, validateSettings)
  const [suggestion, setSuggestion] = useState<string | null>(null)
  const save = useMutation({
    mutationFn: () => call(clients.update, { params: { clientId: client.id }, body: changesOf(form.values, start) }),
    onSuccess: async (saved) => {
      const next = settingsOf(saved)
      setStart(next)
      form.reset(next)
      setSuggestion(null)
      queryClient.setQueryData(query(clients.get, { params: { clientId: client.id } }).queryKey, saved)
      toast({ title: 'Client saved' })
      await invalidate(clientLists)
    },
    onError: (error) => {
      setSuggestion(error instanceof ApiError ? error.suggestion : null)
      if (!form.refuse(error) && error instanceof ApiError && error.code === 'username_taken') form.fail('username', error.message)
    },
  })
  const changed = Object.keys(changesOf(form.values, start)).length > 0
  useBlocker({
    shouldBlockFn: async ({ current, next }) => current.pathname !== next.pathname && changed && !(await askToLeave()),
    enableBeforeUnload: () => changed,
  })
  const takeSuggestion = (username: string) => {
    form.set({ username })
    setSuggestion(null)
  }
  return { form, save, changed, suggestion, takeSuggestion }
}

function askToLeave(): Promise<boolean> {
  return confirm({
    title: 'Leave without saving?',
    body: 'What you changed about this client is not saved yet.',
    confirm: 'Leave page',
    keep: 'Keep editing',
  })
}

/** Everything about a client that staff can change. */
export function SettingsForm({ client }: { client: Client }) {
  const { form, save, changed, suggestion, takeSuggestion } = useSettings(client)
  const onField = Object.keys(form.errors).length > 0
  return (
    <form
      className={styles.form}
      noValidate
      aria-label="Client"
      onSubmit={(event) => {
        event.preventDefault()
        if (form.check() && changed) save.mutate()
      }}
    >
      {save.error && !onField && <ErrorState error={save.error} title="The client was not saved" />}
      <TextInput label="Business name" maxLength={120} autoComplete="off" {...form.text('businessName')} />
      <div className={styles.pair}>
        <TextInput label="Contact first name" maxLength={60} autoComplete="off" {...form.text('contactFirstName')} />
        <TextInput label="Contact last name" maxLength={60} autoComplete="off" {...form.text('contactLastName')} />
      </div>
      <ReachFields form={form} client={client} />
      {suggestion !== null && (
        <div>
          <Button size="sm" onClick={() => takeSuggestion(suggestion)}>
            Use {suggestion}
          </Button>
        </div>
      )}
      <LocaleFields form={form} />
      <GroupSelect value={form.values.groupId} onChange={(groupId) => form.set({ groupId })} error={form.errors.groupId} />
      <div className={styles.buttons}>
        <Button type="submit" variant="filled" loading={save.isPending}>
          Save client
        </Button>
        {changed && (
          <Button
            variant="subtle"
            onClick={() => {
              form.reset()
              save.reset()
            }}
          >
            Undo changes
          </Button>
        )}
      </div>
    </form>
  )
}

function ReachFields({ form, client }: { form: Form<SettingsValues>; client: Client }) {
  const { textOptedOut, usernameIsPlaceholder, textConsentAt, textConsentBy } = client
  const recorded =
    textConsentAt === null ? null : `Recorded ${formatDateTime(textConsentAt)}${textConsentBy === null ? '' : ` by ${textConsentBy}`}.`
  return (
    <>
      <Checkbox
        label="We hold this client’s own bank login"
        description="Then e-mail and phone are optional. A bank’s read-only accountant access does not count."
        checked={form.values.staffHaveAccess}
        onChange={(event) => form.set({ staffHaveAccess: event.currentTarget.checked })}
      />
      <div className={styles.pair}>
        <TextInput label="Email" type="email" maxLength={254} autoComplete="off" {...form.text('email')} />
        <TextInput
          label="Cell phone"
          type="tel"
          maxLength={40}
          autoComplete="off"
          {...(textOptedOut && { description: 'This phone has replied STOP: no texts go to it.' })}
          {...form.text('phone')}
        />
      </div>
      <Checkbox
        label="The client agreed to receive texts"
        {...(recorded !== null && { description: recorded })}
        checked={form.values.textConsent}
        onChange={(event) => form.set({ textConsent: event.currentTarget.checked })}
      />
      <TextInput
        label="Username"
        maxLength={254}
        autoComplete="off"
        description={usernameIsPlaceholder ? 'Made up, since there was no e-mail. Nothing is ever sent to it.' : 'Unique in your firm.'}
        {...form.text('username')}
      />
    </>
  )
}

function LocaleFields({ form }: { form: Form<SettingsValues> }) {
  const { language, timeZone } = form.values
  return (
    <div className={styles.pair}>
      <Select
        label="Language"
        name="language"
        description="Of messages and pages for the client."
        data={languages}
        value={language}
        error={form.errors.language}
        onChange={(value) => {
          const chosen = languages.find((one) => one.value === value)
          if (chosen !== undefined) form.set({ language: chosen.value })
        }}
      />
      <Select
        label="Time zone"
        name="timeZone"
        searchable
        limit={100}
        nothingFoundMessage="No zone has this name"
        data={zonesWith(timeZone)}
        value={timeZone}
        error={form.errors.timeZone}
        onChange={(value) => {
          if (value !== null) form.set({ timeZone: value })
        }}
      />
    </div>
  )
}
