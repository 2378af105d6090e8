import { lazy, Suspense, useState } from 'react'

const AddClientDrawer = lazy(async () => ({ default: (await import('./add-client-drawer.tsx')).AddClientDrawer }))

/** The Add Client drawer, loaded when it is first opened. */
export function AddClient({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [wanted, setWanted] = useState(opened)
  if (opened && !wanted) setWanted(true)
  if (!wanted) return null
  return (
    <Suspense fallback={null}>
      <AddClientDrawer opened={opened} onClose={onClose} />
    </Suspense>
  )
}
