import { useCallback, useEffect, useRef } from 'react'
import { confirm } from '../../ui/confirm.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { AddClientForm } from './add-client-form.tsx'

/** The drawer around the form. Closing asks first when something was typed. */
export function AddClientDrawer({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const typed = useRef(false)
  const asking = useRef(false)
  useEffect(() => {
    if (!opened) typed.current = false
  }, [opened])
  const noteTyped = useCallback((dirty: boolean) => {
    typed.current = dirty
  }, [])
  const close = async () => {
    // The Esc that answers the question reaches the drawer too
    if (asking.current) return
    if (!typed.current) return onClose()
    asking.current = true
    const leave = await confirm({
      title: 'Close without adding this client?',
      body: 'What you typed will be lost. Nothing was sent.',
      confirm: 'Discard',
      keep: 'Keep editing',
    })
    window.setTimeout(() => (asking.current = false), 0)
    if (leave) onClose()
  }
  return (
    <SidePanel opened={opened} title="Add client" width={1080} bare onClose={() => void close()}>
      <AddClientForm onTyped={noteTyped} onCancel={() => void close()} />
    </SidePanel>
  )
}
