import { Button, Menu } from '@mantine/core'
import { clients, type ClientRow } from '@ledgersync/shared/clients'
import { invites, type InviteCreate } from '@ledgersync/shared/invites'
import { messages } from '@ledgersync/shared/messages'
import { useMutation } from '@tanstack/react-query'
import { ChevronDown, Link2, type LucideIcon, Mail, MessageSquareText, MessagesSquare } from 'lucide-react'
import { call } from '../../api.ts'
import { invalidate } from '../../query.ts'
import { useMe } from '../../session.ts'
import { toast, toastError } from '../../ui/toasts.tsx'
import { copyText } from './copy-text.ts'
import { closedWays, formatPhone } from './invite-words.ts'
import styles from './list-page.module.css'

type Way = InviteCreate['channel']
type Invited = Pick<ClientRow, 'id' | 'businessName' | 'email' | 'phone' | 'textOptedOut' | 'locked'>

/** Sends an invite, or copies its link, and tells what happened. */
export function useInvite(client: Invited) {
  return useMutation({
    mutationFn: (channel: Way) => call(invites.create, { params: { clientId: client.id }, body: { channel } }),
    onSuccess: async ({ url }, channel) => {
      const phone = client.phone === null ? '' : formatPhone(client.phone)
      const addressee = { sms: phone, email: client.email ?? '', both: `${phone} and ${client.email ?? ''}`, copy: '' }[channel]
      if (url !== null) await copyText(url, `Link for ${client.businessName} copied`, 'Valid 5 days. Older links stopped working.')
      else toast({ title: `Invite to ${client.businessName} is on its way`, detail: `It goes to ${addressee}.` })
      await invalidate([clients.list, clients.counts, clients.get, invites.list, messages.list])
    },
    onError: (error) => toastError(error, `${client.businessName} was not invited`),
  })
}

/** The ways to invite a client. A closed way stays in the menu with the reason below its name. `alone`: the page is about this client. */
export function InviteMenu({ client, alone = false }: { client: Invited; alone?: boolean }) {
  const { staff } = useMe()
  const invite = useInvite(client)
  const closed = closedWays(client, staff.emailVerified)
  const item = (way: Way, icon: LucideIcon, name: string, hint: string | null) => (
    <InviteItem icon={icon} name={name} hint={hint} closed={closed[way]} onClick={() => invite.mutate(way)} />
  )
  return (
    <Menu width={248}>
      <Menu.Target>
        <Button
          size={alone ? 'md' : 'sm'}
          {...(!alone && { 'aria-label': `Invite ${client.businessName}` })}
          loading={invite.isPending}
          rightSection={<ChevronDown size={14} aria-hidden />}
        >
          Invite
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {item('email', Mail, 'Email', client.email)}
        {item('sms', MessageSquareText, 'Text message', client.phone === null ? null : formatPhone(client.phone))}
        {item('both', MessagesSquare, 'Both', null)}
        <Menu.Divider />
        {item('copy', Link2, 'Copy link', 'Valid 5 days. Replaces older links.')}
      </Menu.Dropdown>
    </Menu>
  )
}

interface InviteItemProps {
  icon: LucideIcon
  name: string
  hint: string | null
  closed: string | null
  onClick: () => void
}

function InviteItem({ icon: Icon, name, hint, closed, onClick }: InviteItemProps) {
  const second = closed ?? hint
  return (
    <Menu.Item
      leftSection={<Icon size={16} aria-hidden />}
      {...(closed !== null && { 'aria-disabled': true })}
      closeMenuOnClick={closed === null}
      onClick={() => {
        if (closed === null) onClick()
      }}
    >
      <span className={styles.itemName}>{name}</span>
      {second !== null && <span className={styles.itemHint}>{second}</span>}
    </Menu.Item>
  )
}
