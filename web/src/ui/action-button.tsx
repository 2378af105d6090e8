import { Button, type ButtonProps, Tooltip } from '@mantine/core'

interface ActionButtonProps extends ButtonProps {
  /** Why it cannot be used now; the button stays focusable and says so. */
  unavailable?: string | null
  onClick?: (event: React.MouseEvent<HTMLButtonElement>) => void
  type?: 'button' | 'submit'
  form?: string
  'aria-label'?: string
  children: React.ReactNode
}

/** A button that, when it is unavailable, can still be reached and tells why. */
export function ActionButton({ unavailable = null, onClick, type = 'button', children, ...rest }: ActionButtonProps) {
  const blocked = unavailable !== null
  const button = (
    <Button
      {...rest}
      type={blocked ? 'button' : type}
      {...(blocked && { 'aria-disabled': true })}
      onClick={(event) => {
        if (!blocked) onClick?.(event)
      }}
    >
      {children}
    </Button>
  )
  return blocked ? <Tooltip label={unavailable}>{button}</Tooltip> : button
}
