import { Button, Checkbox } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useEffect, useRef } from 'react'
import { chordOf } from '../../ui/chord.ts'
import { Kbd } from '../../ui/kbd.tsx'
import { ErrorState, Notice } from '../../ui/states.tsx'
import { submitWords } from './add-client-values.ts'
import { BankPicker } from './bank-picker.tsx'
import { ChoiceCards } from './choice-cards.tsx'
import { ContactFields } from './contact-fields.tsx'
import { InviteColumn } from './invite-column.tsx'
import { TeamFields } from './team-fields.tsx'
import { type AddClientState, useAddClient } from './use-add-client.ts'
import styles from './add-client.module.css'

interface AddClientFormProps {
  /** Told whenever it changes: whether something would be lost. */
  onTyped: (dirty: boolean) => void
  onCancel: () => void
}

/** The access question decides the form, so it comes first; the right column shows what the client will receive. */
export function AddClientForm({ onTyped, onCancel }: AddClientFormProps) {
  const phone = useMediaQuery('(max-width: 600px)', false, { getInitialValueInEffect: false })
  const size = phone ? 'xl' : 'md'
  const state = useAddClient()
  const element = useSubmitKey(state.submit)
  const { form, failure, invite } = state
  const { dirty } = form
  useEffect(() => {
    onTyped(dirty)
  }, [dirty, onTyped])
  return (
    <form
      ref={element}
      className={styles.form}
      aria-label="Add client"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        state.submit()
      }}
    >
      <div className={styles.scroll}>
        <div className={styles.fields}>
          {failure !== null && <ErrorState error={failure} title="The client was not added" />}
          <AccessQuestion staffHaveAccess={form.values.staffHaveAccess} onChange={(staffHaveAccess) => form.set({ staffHaveAccess })} />
          <ContactFields
            form={form}
            usernameShown={state.usernameShown}
            onShowUsername={state.showUsername}
            suggestion={state.suggestion}
            onSuggestion={state.takeSuggestion}
            size={size}
          />
          <BanksSection form={form} size={size} />
          <TeamFields form={form} size={size} />
        </div>
        <InviteColumn
          values={form.values}
          invite={invite}
          closed={state.closed}
          error={form.errors.invite}
          onChange={(channel) => form.set({ invite: channel })}
        />
      </div>
      <Footer state={state} onCancel={onCancel} phone={phone} />
    </form>
  )
}

function AccessQuestion({ staffHaveAccess, onChange }: { staffHaveAccess: boolean; onChange: (staffHaveAccess: boolean) => void }) {
  return (
    <div className={styles.stack}>
      <ChoiceCards
        label="Do you have this client’s own bank login?"
        name="staffHaveAccess"
        value={staffHaveAccess ? 'yes' : 'no'}
        onChange={(value) => onChange(value === 'yes')}
        choices={[
          {
            value: 'no',
            name: 'No, my client will connect',
            detail: 'We text or email them a link. They sign in at their bank; nobody shares a password.',
          },
          {
            value: 'yes',
            name: 'Yes, I have client access',
            detail: 'You connect the banks yourself after saving. The client receives nothing unless you invite them.',
          },
        ]}
      />
      {staffHaveAccess && (
        <Notice tone="warn" title="The bank’s read-only accountant access does not count.">
          Banks do not let accountant logins share data with Ledgersync or any other app. You need the login the owner uses.
        </Notice>
      )}
    </div>
  )
}

/** Ctrl+Enter sends the form from any of its fields. */
function useSubmitKey(submit: () => void) {
  const element = useRef<HTMLFormElement>(null)
  useEffect(() => {
    const form = element.current
    const press = (event: KeyboardEvent) => {
      if (chordOf(event) !== 'Ctrl+Enter') return
      event.preventDefault()
      submit()
    }
    form?.addEventListener('keydown', press)
    return () => form?.removeEventListener('keydown', press)
  }, [submit])
  return element
}

function BanksSection({ form, size }: { form: AddClientState['form']; size: 'md' | 'xl' }) {
  const { staffHaveAccess, banks } = form.values
  return (
    <section className={styles.section}>
      <div className={styles.sectionTitle}>
        <h3>{staffHaveAccess ? 'Banks you will connect' : 'Banks to connect'}</h3>
        <span className={styles.hint}>
          {staffHaveAccess ? 'They wait on the client’s page' : 'Your client sees these as buttons and does not have to search'}
        </span>
      </div>
      <BankPicker banks={banks} onChange={(next) => form.set({ banks: next })} error={form.errors.banks} size={size} />
    </section>
  )
}

function Footer({ state, onCancel, phone }: { state: AddClientState; onCancel: () => void; phone: boolean }) {
  const { another, setAnother, isPending, invite } = state
  return (
    <footer className={styles.footer}>
      <Button size="lg" className={styles.cancel ?? ''} onClick={onCancel}>
        Cancel
      </Button>
      <div className={styles.footerEnd}>
        <Checkbox label="Add another after this" checked={another} onChange={(event) => setAnother(event.currentTarget.checked)} />
        <Button
          type="submit"
          size={phone ? 'xl' : 'lg'}
          variant="filled"
          loading={isPending}
          rightSection={!phone && <Kbd keys="Ctrl Enter" plain />}
        >
          {submitWords[invite]}
        </Button>
      </div>
    </footer>
  )
}
