import { Button, Radio, Select, Switch, TextInput } from '@mantine/core'
import { auth } from '@ledgersync/shared/auth'
import { type Firm, firms, messagesPerHourMax, messagesPerPersonDayMax } from '@ledgersync/shared/firms'
import { renderTemplate, sampleFacts } from '@ledgersync/shared/template-render'
import { linkMark } from '@ledgersync/shared/texts'
import { useMutation } from '@tanstack/react-query'
import { useBlocker } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api.ts'
import { invalidate, query, queryClient } from '../../query.ts'
import { useMe } from '../../session.ts'
import { confirm } from '../../ui/confirm.tsx'
import { type Form, useForm } from '../../ui/form.ts'
import { ErrorState } from '../../ui/states.tsx'
import { toast } from '../../ui/toasts.tsx'
import { languages, zonesWith } from '../clients/team-fields.tsx'
import { useTemplateInUse } from '../templates/in-use.ts'
import { changesOf, type FirmValues, validateFirm, valuesOf } from './firm-values.ts'
import styles from './firm.module.css'

/** Everything about the firm that is saved together. What was typed stays when it is refused. */
export function FirmForm({ firm }: { firm: Firm }) {
  const [saved, setSaved] = useState(firm)
  const form = useForm<FirmValues>(valuesOf(firm), validateFirm)
  const save = useMutation({
    mutationFn: () => call(firms.update, { body: changesOf(form.values, saved) }),
    onSuccess: async (next) => {
      setSaved(next)
      form.reset(valuesOf(next))
      queryClient.setQueryData(query(firms.get).queryKey, next)
      toast({ title: 'Settings saved' })
      await invalidate([auth.me])
    },
    onError: (error) => form.refuse(error),
  })
  const changed = Object.keys(changesOf(form.values, saved)).length > 0
  useBlocker({
    shouldBlockFn: async ({ current, next }) => current.pathname !== next.pathname && changed && !(await askToLeave()),
    enableBeforeUnload: () => changed,
  })
  const onField = Object.keys(form.errors).length > 0
  return (
    <form
      className={styles.parts}
      noValidate
      aria-label="Settings"
      onSubmit={(event) => {
        event.preventDefault()
        if (form.check() && changed && !save.isPending) save.mutate()
      }}
    >
      {save.error && !onField && <ErrorState error={save.error} title="The settings were not saved" />}
      <ProfilePart form={form} />
      <SenderPart form={form} />
      <RepairsPart form={form} />
      <DefaultsPart form={form} />
      <LimitsPart form={form} />
      <div className={styles.buttons}>
        <Button type="submit" variant="filled" loading={save.isPending}>
          Save settings
        </Button>
        {changed && (
          <Button
            variant="subtle"
            onClick={() => {
              form.reset(valuesOf(saved))
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

function askToLeave(): Promise<boolean> {
  return confirm({
    title: 'Leave without saving?',
    body: 'What you changed in the settings is not saved yet.',
    confirm: 'Leave page',
    keep: 'Keep editing',
  })
}

type Part = { form: Form<FirmValues> }

function ProfilePart({ form }: Part) {
  return (
    <section className={styles.part} aria-labelledby="settings-firm">
      <h2 id="settings-firm">Firm</h2>
      <TextInput label="Name" maxLength={120} autoComplete="organization" {...form.text('name')} />
      <Select
        label="Time zone"
        name="timeZone"
        searchable
        limit={100}
        nothingFoundMessage="No zone has this name"
        data={zonesWith(form.values.timeZone)}
        value={form.values.timeZone}
        error={form.errors.timeZone}
        onChange={(value) => {
          if (value !== null) form.set({ timeZone: value })
        }}
      />
    </section>
  )
}

function SenderPart({ form }: Part) {
  const { staff } = useMe()
  const invitation = useTemplateInUse({ kind: 'invitation', channel: 'sms', language: 'en' })
  const name = form.values.senderName.trim() || form.values.name.trim()
  const facts = { ...sampleFacts('invitation', { staffName: staff.name, firmName: name }), bankNames: [] }
  return (
    <section className={styles.part} aria-labelledby="settings-sender">
      <h2 id="settings-sender">What clients read</h2>
      <TextInput
        label="Sender name"
        maxLength={60}
        autoComplete="off"
        placeholder={form.values.name}
        description="In texts, mails, on the clients’ page and at their bank. Empty: the name of the firm."
        {...form.text('senderName')}
      />
      <p className={styles.preview}>“{renderTemplate(invitation, facts).body.split(linkMark)[0]}…”</p>
      <Radio.Group
        label="Mails are from"
        value={form.values.mailSender}
        onChange={(value) => form.set({ mailSender: value === 'firm' ? value : 'person' })}
      >
        <div className={styles.choices}>
          <Radio value="person" label={`Whoever sends it: ${staff.name} (${name})`} />
          <Radio value="firm" label={`The firm: ${name}`} />
        </div>
      </Radio.Group>
    </section>
  )
}

function RepairsPart({ form }: Part) {
  return (
    <section className={styles.part} aria-labelledby="settings-repairs">
      <h2 id="settings-repairs">When a bank wants a new sign-in</h2>
      <Switch
        label="Ask the client automatically"
        description="One text ten minutes later, or an e-mail where no text may go, for all banks that broke; a reminder on the third day. Never to clients whose bank login you hold."
        checked={form.values.askRepairs}
        onChange={(event) => form.set({ askRepairs: event.currentTarget.checked })}
      />
    </section>
  )
}

const invites = [
  { value: 'sms', label: 'Text message' },
  { value: 'email', label: 'Email' },
  { value: 'both', label: 'Both' },
  { value: 'none', label: 'None' },
] as const

function DefaultsPart({ form }: Part) {
  const { defaultLanguage, defaultInvite, defaultTimeZone, timeZone } = form.values
  return (
    <section className={styles.part} aria-labelledby="settings-defaults">
      <h2 id="settings-defaults">New clients</h2>
      <p className={styles.quiet}>What the form to add a client begins with. Clients you have stay as they are.</p>
      <div className={styles.pair}>
        <Select
          label="Language"
          name="defaultLanguage"
          data={languages}
          value={defaultLanguage}
          error={form.errors.defaultLanguage}
          onChange={(value) => {
            const chosen = languages.find((one) => one.value === value)
            if (chosen !== undefined) form.set({ defaultLanguage: chosen.value })
          }}
        />
        <Select
          label="Invite by"
          name="defaultInvite"
          data={invites}
          value={defaultInvite}
          error={form.errors.defaultInvite}
          onChange={(value) => {
            const chosen = invites.find((one) => one.value === value)
            if (chosen !== undefined) form.set({ defaultInvite: chosen.value })
          }}
        />
      </div>
      <Select
        label="Time zone of new clients"
        name="defaultTimeZone"
        searchable
        clearable
        clearButtonProps={{ 'aria-label': 'As the firm' }}
        placeholder="As the firm"
        limit={100}
        nothingFoundMessage="No zone has this name"
        data={zonesWith(defaultTimeZone ?? timeZone)}
        value={defaultTimeZone}
        error={form.errors.defaultTimeZone}
        onChange={(value) => form.set({ defaultTimeZone: value })}
      />
    </section>
  )
}

function LimitsPart({ form }: Part) {
  return (
    <section className={styles.part} aria-labelledby="settings-limits">
      <h2 id="settings-limits">Limits</h2>
      <p className={styles.quiet}>What is over a limit waits, says until when, and is never lost.</p>
      <div className={styles.pair}>
        <TextInput
          label="Messages to one person a day"
          inputMode="numeric"
          autoComplete="off"
          description={`Of each channel; ${messagesPerPersonDayMax} at most.`}
          {...form.text('messagesPerPersonDay')}
        />
        <TextInput
          label="Messages of the firm an hour"
          inputMode="numeric"
          autoComplete="off"
          description={`${messagesPerHourMax.toLocaleString('en-US')} at most.`}
          {...form.text('messagesPerHour')}
        />
      </div>
    </section>
  )
}
