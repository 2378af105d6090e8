import { ActionIcon, Button, Menu, SegmentedControl, useMantineColorScheme } from '@mantine/core'
import { auth } from '@ledgersync/shared/auth'
import { useMutation } from '@tanstack/react-query'
import { useNavigate, useRouter } from '@tanstack/react-router'
import { Activity, CircleQuestionMark, LogOut, Menu as MenuIcon, Plus, Settings } from 'lucide-react'
import { call } from '../api.ts'
import { tellOtherTabs } from '../live.ts'
import { paths } from '../paths.ts'
import { queryClient } from '../query.ts'
import { useMe } from '../session.ts'
import { Initials } from '../ui/badge.tsx'
import { SearchButton } from '../features/search/search-button.tsx'
import { toastError } from '../ui/toasts.tsx'
import { NavLinks } from './nav-links.tsx'
import { pageTitle } from '../ui/page-title.ts'
import styles from './shell.module.css'

interface TopBarProps {
  onAddClient: () => void
  onKeys: () => void
  onMenu: () => void
}

/** The bar of every page. Add Client never moves. */
export function TopBar({ onAddClient, onKeys, onMenu }: TopBarProps) {
  const title = pageTitle.use()
  return (
    <header className={styles.topBar}>
      <Button
        variant="filled"
        color="red"
        className={styles.addClient ?? ''}
        leftSection={<Plus size={16} aria-hidden />}
        onClick={onAddClient}
      >
        Add Client
      </Button>
      <ActionIcon
        variant="filled"
        color="red"
        size="xl"
        className={styles.addClientPhone ?? ''}
        aria-label="Add Client"
        onClick={onAddClient}
      >
        <Plus size={22} />
      </ActionIcon>
      <span className={styles.barTitle} aria-hidden>
        {title}
      </span>
      <div className={styles.wideNav}>
        <NavLinks />
      </div>
      <div className={styles.barEnd}>
        <SearchButton />
        <ActionIcon aria-label="Keyboard shortcuts" className={styles.help ?? ''} onClick={onKeys}>
          <CircleQuestionMark size={16} />
        </ActionIcon>
        <AccountMenu />
        <ActionIcon aria-label="Menu" size="lg" className={styles.menuButton ?? ''} onClick={onMenu}>
          <MenuIcon size={20} />
        </ActionIcon>
      </div>
    </header>
  )
}

function AccountMenu() {
  const { staff, firm, operator } = useMe()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const navigate = useNavigate()
  const signOut = useSignOut()
  return (
    <Menu width={260}>
      <Menu.Target>
        <button type="button" className={styles.account} aria-label="Account">
          <Initials name={staff.name} size={28} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={styles.accountHead}>
          <strong>{staff.name}</strong>
          <div>{staff.email}</div>
          <div>{firm.name}</div>
        </div>
        <Menu.Divider />
        <div className={styles.accountTheme}>
          <SegmentedControl
            fullWidth
            aria-label="Colours"
            value={colorScheme}
            onChange={(value) => setColorScheme(value === 'light' || value === 'dark' ? value : 'auto')}
            data={[
              { value: 'light', label: 'Light' },
              { value: 'dark', label: 'Dark' },
              { value: 'auto', label: 'System' },
            ]}
          />
        </div>
        <Menu.Divider />
        <Menu.Item leftSection={<Settings size={16} />} onClick={() => void navigate({ to: paths.account })}>
          Account and sessions
        </Menu.Item>
        {operator && (
          <Menu.Item leftSection={<Activity size={16} />} onClick={() => void navigate({ to: paths.ops })}>
            Operations
          </Menu.Item>
        )}
        <Menu.Item leftSection={<LogOut size={16} />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

function useSignOut() {
  const router = useRouter()
  return useMutation({
    mutationFn: () => call(auth.signOut),
    onSuccess: async () => {
      tellOtherTabs()
      await router.navigate({ to: paths.signIn })
      queryClient.clear()
    },
    onError: (error) => toastError(error),
  })
}
