import { Button, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { FieldProps } from '../../ui/form.ts'

/** Takes a code of the authenticator app or, for who has lost the phone, a recovery code. */
export function CodeField({ field, size = 'lg' }: { field: FieldProps; size?: 'sm' | 'lg' }) {
  const [recovery, setRecovery] = useState(false)
  return (
    <div>
      <TextInput
        {...field}
        key={recovery ? 'recovery' : 'code'}
        label={recovery ? 'Recovery code' : 'Six-digit code'}
        description={
          recovery ? 'One of the codes you kept when you set up the second factor. It works once.' : 'From your authenticator app.'
        }
        size={size}
        inputMode={recovery ? 'text' : 'numeric'}
        autoComplete={recovery ? 'off' : 'one-time-code'}
        autoCapitalize="none"
        spellCheck={false}
        maxLength={40}
        autoFocus
      />
      <Button variant="subtle" size="sm" mt={4} onClick={() => setRecovery(!recovery)}>
        {recovery ? 'Use the authenticator app' : 'I do not have my phone'}
      </Button>
    </div>
  )
}
