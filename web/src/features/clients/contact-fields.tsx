import { Anchor, Button, Checkbox, TextInput } from '@mantine/core'
import { Check } from 'lucide-react'
import { useMe } from '../../session.ts'
import { Badge } from '../../ui/badge.tsx'
import type { Form } from '../../ui/form.ts'
import { type AddClientValues, hasEmail, hasPhone } from './add-client-values.ts'
import styles from './add-client.module.css'

interface ContactFieldsProps {
  form: Form<AddClientValues>
  /** Whether the username has a field of its own. */
  usernameShown: boolean
  onShowUsername: () => void
  /** A free username, when the one asked for is taken. */
  suggestion: string | null
  onSuggestion: (username: string) => void
  size: 'md' | 'xl'
}

/** Who the client is and where they are reached. */
export function ContactFields({ form, usernameShown, onShowUsername, suggestion, onSuggestion, size }: ContactFieldsProps) {
  const { staffHaveAccess, contactFirstName, textConsent } = form.values
  const reach = { size, autoComplete: 'off', 'aria-required': !staffHaveAccess }
  const tick = <Check size={16} aria-hidden color="var(--ok-mark)" />
  const who = contactFirstName.trim() === '' ? 'The client' : contactFirstName.trim()
  return (
    <section className={styles.section}>
      <h3>Client</h3>
      <TextInput
        label="Business name"
        size={size}
        maxLength={120}
        autoComplete="off"
        aria-required
        data-autofocus
        {...form.text('businessName')}
      />
      <div className={styles.pair} data-narrow>
        <TextInput
          label={<Optional name="Contact first name" />}
          size={size}
          maxLength={60}
          autoComplete="off"
          {...form.text('contactFirstName')}
        />
        <TextInput
          label={<Optional name="Contact last name" />}
          size={size}
          maxLength={60}
          autoComplete="off"
          {...form.text('contactLastName')}
        />
      </div>
      <div className={styles.pair}>
        <TextInput
          label={staffHaveAccess ? <Optional name="Cell phone" /> : 'Cell phone'}
          type="tel"
          maxLength={40}
          placeholder="(555) 555-0100"
          description={
            staffHaveAccess
              ? 'Recommended: texts are how a broken bank is fixed in one tap.'
              : 'Needed to text the link, and to fix a broken bank later in one tap.'
          }
          rightSection={hasPhone(form.values) && tick}
          {...reach}
          {...form.text('phone')}
        />
        <TextInput
          label={staffHaveAccess ? <Optional name="Email" /> : 'Email'}
          type="email"
          maxLength={254}
          description={<EmailHelp form={form} usernameShown={usernameShown} onShowUsername={onShowUsername} />}
          rightSection={hasEmail(form.values) && tick}
          {...reach}
          {...form.text('email')}
        />
      </div>
      <Checkbox
        label={`${who} agreed to receive texts about their bank connections`}
        name="textConsent"
        checked={textConsent}
        onChange={(event) => form.set({ textConsent: event.currentTarget.checked })}
      />
      {usernameShown && <UsernameField form={form} suggestion={suggestion} onSuggestion={onSuggestion} size={size} />}
    </section>
  )
}

/** A label that says a field may stay empty. Read aloud it is the name alone: required fields say that they are. */
function Optional({ name }: { name: string }) {
  return (
    <>
      {name}{' '}
      <span aria-hidden className={styles.optional}>
        optional
      </span>
    </>
  )
}

function EmailHelp({ form, usernameShown, onShowUsername }: Pick<ContactFieldsProps, 'form' | 'usernameShown' | 'onShowUsername'>) {
  if (form.values.staffHaveAccess) return 'Never contacted unless you invite them.'
  if (usernameShown) return 'Where the link and reminders go.'
  return (
    <>
      Also the username.{' '}
      <Anchor component="button" type="button" fz={12} fw={600} onClick={onShowUsername} aria-label="Change the username">
        Change
      </Anchor>
    </>
  )
}

type UsernameFieldProps = Pick<ContactFieldsProps, 'form' | 'suggestion' | 'onSuggestion' | 'size'>

function UsernameField({ form, suggestion, onSuggestion, size }: UsernameFieldProps) {
  const { firm } = useMe()
  const { username, email, businessName } = form.values
  const follows = username.trim() === ''
  const madeUp = follows && email.trim() === ''
  const shown = madeUp ? madeUpUsername(businessName, firm.emailDomain) : email.trim()
  return (
    <div className={styles.stack}>
      <TextInput
        label="Username"
        size={size}
        maxLength={254}
        autoComplete="off"
        placeholder={shown}
        description={
          madeUp
            ? 'A placeholder made from the business name. Nothing is ever sent to it.'
            : follows
              ? 'The e-mail, unless you type another.'
              : 'Unique in your firm.'
        }
        rightSection={madeUp && <Badge>Not deliverable</Badge>}
        rightSectionWidth={madeUp ? 112 : undefined}
        {...form.text('username')}
      />
      {suggestion !== null && (
        <div>
          <Button size="sm" onClick={() => onSuggestion(suggestion)}>
            Use {suggestion}
          </Button>
        </div>
      )}
    </div>
  )
}

/** Shows what the API will make up: `businessname@firmdomain`. The API decides, and numbers it when it is taken. */
function madeUpUsername(businessName: string, firmDomain: string): string {
  const local = businessName
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[^a-z0-9]/g, '')
  return `${local === '' ? 'businessname' : local}@${firmDomain}`
}
