import { Button, Modal, PasswordInput } from '@mantine/core'
import { account } from '@ledgersync/shared/account'
import { useMutation } from '@tanstack/react-query'
import { ApiError, call } from '../../api.ts'
import { useMe } from '../../session.ts'
import { useForm } from '../../ui/form.ts'
import { ErrorState } from '../../ui/states.tsx'
import { create } from '../../ui/store.ts'
import { CodeField } from '../access/code-field.tsx'
import styles from './account.module.css'

const waiting = create<((confirmed: boolean) => void) | null>(null)

/** Whether the API asks who it is; then nothing was changed. */
export const asksIdentity = (error: unknown): boolean => error instanceof ApiError && error.code === 'confirmation_required'

/**
 * Does what may need the password once more: when the API says so, {@link IdentityDialog} asks for it and the work is done again.
 * Throws `confirmation_required` when the person rather leaves it.
 */
export async function asMyself<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!asksIdentity(error) || !(await askIdentity())) throw error
    return await work()
  }
}

function askIdentity(): Promise<boolean> {
  return new Promise((resolve) => {
    waiting.set((confirmed) => {
      waiting.set(null)
      resolve(confirmed)
    })
  })
}

/** Asks for the password, and the code when a second factor is set. Mounted once on each page that changes how people sign in. */
export function IdentityDialog() {
  const answer = waiting.use()
  return (
    <Modal
      opened={answer !== null}
      onClose={() => answer?.(false)}
      title="Confirm that it is you"
      size={440}
      zIndex={400}
      withCloseButton={false}
    >
      {answer && <IdentityForm onDone={() => answer(true)} onLeave={() => answer(false)} />}
    </Modal>
  )
}

function IdentityForm({ onDone, onLeave }: { onDone: () => void; onLeave: () => void }) {
  const { secondFactor } = useMe().staff
  const form = useForm({ password: '', code: '' }, ({ password, code }) => ({
    ...(password === '' && { password: 'Enter your password.' }),
    ...(secondFactor && code.trim() === '' && { code: 'Enter the code.' }),
  }))
  const confirm = useMutation({
    mutationFn: () => {
      const { password, code } = form.values
      return call(account.confirm, { body: { password, ...(secondFactor && { code: code.trim() }) } })
    },
    onSuccess: onDone,
    onError: (error) => {
      if (form.refuse(error) || !(error instanceof ApiError)) return
      if (error.code === 'second_factor_refused') form.fail('code', error.message)
    },
  })
  return (
    <form
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (form.check()) confirm.mutate()
      }}
    >
      {confirm.error && Object.keys(form.errors).length === 0 && <ErrorState error={confirm.error} />}
      <p className={styles.quiet}>This is about how people sign in. For ten minutes you are not asked again.</p>
      <PasswordInput
        label="Your password"
        autoComplete="current-password"
        visibilityToggleButtonProps={{ 'aria-label': 'Show the password', tabIndex: 0 }}
        data-autofocus
        {...form.text('password')}
      />
      {secondFactor && <CodeField field={form.text('code')} size="sm" />}
      <div className={styles.buttons}>
        <Button onClick={onLeave}>Cancel</Button>
        <Button type="submit" variant="filled" loading={confirm.isPending}>
          Confirm
        </Button>
      </div>
    </form>
  )
}
