import { PasswordInput, TextInput } from '@mantine/core'
import { account } from '@ledgersync/shared/account'
import { auth, type Me, passwordMin, passwordMinWithSecondFactor } from '@ledgersync/shared/auth'
import { call } from '../../api.ts'
import { EditDialog } from './edit-dialog.tsx'

/** What can be edited on the account page. */
export type Edit = 'name' | 'username' | 'email' | 'emailCode' | 'password' | 'phone' | 'phoneCode'

interface Props {
  staff: Me['staff']
  onClose: () => void
}

const filled = (name: string, sentence: string) => (values: Record<string, string>) =>
  (values[name] ?? '').trim() === '' ? { [name]: sentence } : {}

function EditName({ staff, onClose }: Props) {
  return (
    <EditDialog
      title="Change your name"
      action="Change name"
      initial={{ name: staff.name }}
      validate={filled('name', 'Enter your name. Clients see who asks them.')}
      save={({ name }) => call(account.update, { body: { name: name.trim() } })}
      done={{ title: 'Name changed' }}
      onClose={onClose}
    >
      {(form) => <TextInput label="Your name" autoComplete="name" maxLength={120} data-autofocus {...form.text('name')} />}
    </EditDialog>
  )
}

function EditUsername({ staff, onClose }: Props) {
  return (
    <EditDialog
      title="Change your username"
      action="Change username"
      initial={{ username: staff.username }}
      validate={filled('username', 'Enter the name you want to sign in with.')}
      save={({ username }) => call(account.changeUsername, { body: { username: username.trim() } })}
      done={{ title: 'Username changed', detail: 'Use it the next time you sign in.' }}
      onClose={onClose}
    >
      {(form) => (
        <TextInput
          label="Username"
          description={`Your e-mail (${staff.email}), or 4 to 64 letters, digits, dots, hyphens and underscores.`}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={254}
          data-autofocus
          {...form.text('username')}
        />
      )}
    </EditDialog>
  )
}

function EditEmail({ staff, onClose }: Props) {
  return (
    <EditDialog
      title="Change your e-mail"
      action="Send code"
      initial={{ email: '' }}
      validate={({ email }) =>
        /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim()) ? {} : { email: 'Enter your work e-mail, such as dana@yourfirm.example.' }
      }
      save={({ email }) => call(account.changeEmail, { body: { email: email.trim() } })}
      done={{ title: 'Code sent', detail: 'The e-mail changes once you enter the code we sent there.' }}
      onClose={onClose}
    >
      {(form) => (
        <TextInput
          label="New e-mail"
          type="email"
          description={`We send a code there, and tell ${staff.email} once it has changed. Your username stays.`}
          autoComplete="email"
          maxLength={254}
          data-autofocus
          {...form.text('email')}
        />
      )}
    </EditDialog>
  )
}

const sixDigits = ({ code }: { code: string }) => (/^\d{6}$/.test(code.trim()) ? {} : { code: 'Enter the six digits.' })

function EditCode({ onClose, isPhone }: Props & { isPhone: boolean }) {
  return (
    <EditDialog
      title={isPhone ? 'Verify your phone' : 'Verify your new e-mail'}
      action="Verify"
      initial={{ code: '' }}
      validate={sixDigits}
      save={({ code }): Promise<unknown> => {
        const body = { code: code.trim() }
        return isPhone ? call(account.verifyPhone, { body }) : call(auth.verifyEmail, { body })
      }}
      done={isPhone ? { title: 'Phone verified', detail: 'A lost password can be recovered by text now.' } : { title: 'E-mail changed' }}
      onClose={onClose}
    >
      {(form) => (
        <TextInput
          label="Six-digit code"
          description={isPhone ? 'From the text we sent. It works for 10 minutes.' : 'From the mail we sent. It works for one hour.'}
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={6}
          data-autofocus
          {...form.text('code')}
        />
      )}
    </EditDialog>
  )
}

function EditPassword({ staff, onClose }: Props) {
  const least = staff.secondFactor ? passwordMinWithSecondFactor : passwordMin
  return (
    <EditDialog
      title="Change your password"
      action="Change password"
      initial={{ password: '' }}
      validate={({ password }) => ([...password].length < least ? { password: `Choose a password of at least ${least} characters.` } : {})}
      save={({ password }) => call(account.changePassword, { body: { password } })}
      done={{ title: 'Password changed', detail: 'Your other sessions have ended.' }}
      onClose={onClose}
    >
      {(form) => (
        <PasswordInput
          label="New password"
          description={`${least} characters or more. A few unrelated words are strong and easy to keep. Your other sessions end.`}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password', tabIndex: 0 }}
          data-autofocus
          {...form.text('password')}
        />
      )}
    </EditDialog>
  )
}

function EditPhone({ onClose }: Props) {
  return (
    <EditDialog
      title="Set your cell phone"
      action="Text a code"
      initial={{ phone: '' }}
      validate={filled('phone', 'Enter the number with the area code.')}
      save={({ phone }) => call(account.changePhone, { body: { phone: phone.trim() } })}
      done={{ title: 'Code sent', detail: 'Enter it to keep the phone.' }}
      onClose={onClose}
    >
      {(form) => (
        <TextInput
          label="Cell phone"
          type="tel"
          description="We text a code to it. It is used for nothing but to get you back in when you have lost your password."
          autoComplete="tel"
          maxLength={40}
          data-autofocus
          {...form.text('phone')}
        />
      )}
    </EditDialog>
  )
}

/** The dialog of what is being edited. */
export function EditOf({ edit, ...props }: Props & { edit: Edit }) {
  switch (edit) {
    case 'name':
      return <EditName {...props} />
    case 'username':
      return <EditUsername {...props} />
    case 'email':
      return <EditEmail {...props} />
    case 'emailCode':
      return <EditCode {...props} isPhone={false} />
    case 'password':
      return <EditPassword {...props} />
    case 'phone':
      return <EditPhone {...props} />
    case 'phoneCode':
      return <EditCode {...props} isPhone />
    default:
      return edit satisfies never
  }
}
