import { Button, Modal } from '@mantine/core'
import { account } from '@ledgersync/shared/account'
import { auth } from '@ledgersync/shared/auth'
import { useMutation } from '@tanstack/react-query'
import { invalidate } from '../../query.ts'
import { type Form, useForm, type Validate } from '../../ui/form.ts'
import { ErrorState } from '../../ui/states.tsx'
import { toast } from '../../ui/toasts.tsx'
import { asksIdentity, asMyself } from './identity.tsx'
import styles from './account.module.css'

interface EditProps<T extends object> {
  title: string
  /** Verb and object: `Change e-mail`. */
  action: string
  initial: T
  validate: Validate<T>
  save: (values: T) => Promise<unknown>
  /** What is told when it is done. */
  done: { title: string; detail?: string }
  onClose: () => void
  children: (form: Form<T>) => React.ReactNode
}

/** Edits one thing about oneself. What was typed stays when it is refused, and while the password is asked for. */
export function EditDialog<T extends object>({ title, action, initial, validate, save, done, onClose, children }: EditProps<T>) {
  const form = useForm<T>(initial, validate)
  const edit = useMutation({
    mutationFn: () => asMyself(() => save(form.values)),
    onSuccess: async () => {
      onClose()
      toast(done)
      await invalidate([auth.me, account.get, auth.listSessions])
    },
    onError: (error) => form.refuse(error),
  })
  const isTold = edit.error && !asksIdentity(edit.error) && Object.keys(form.errors).length === 0
  return (
    <Modal opened onClose={onClose} title={title} size={440} withCloseButton={false}>
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (form.check()) edit.mutate()
        }}
      >
        {isTold && <ErrorState error={edit.error} title="Nothing was changed" />}
        {children(form)}
        <div className={styles.buttons}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="filled" loading={edit.isPending}>
            {action}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
