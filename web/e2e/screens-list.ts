import type { Page } from '../../api/test/browser.ts'
import type { BusyFirm } from './kit.ts'

/** A screen: where it is, what shows that it is there, and what a person does to see all of it. */
export interface Screen {
  path: string
  shows: string | RegExp
  after?: (page: Page) => Promise<void>
  /** What a person does to get away from it. */
  leave?: (page: Page) => Promise<void>
  /** What is looked at, where the rest is on another screen of the list already. */
  within?: string
  /** The bar and the list of clients around it are looked at as well: once for each way they can look. */
  whole?: true
  /** It is as high as the window and scrolls inside itself. */
  fills?: true
}

const dialog = '[role=dialog]'

/** What anybody can open. */
export const publicScreens: Screen[] = [
  { path: '/sign-in', shows: 'Sign in' },
  { path: '/sign-up', shows: 'Work email' },
  { path: '/lost-password', shows: 'Text message' },
  { path: '/forgot-username', shows: 'Send username' },
  { path: '/reset-password', shows: 'not complete' },
  { path: `/reset-password#${'x'.repeat(43)}`, shows: 'New password' },
]

/** Every screen of a firm at work. */
export const full = ({ clientId, ruleId, uploads }: BusyFirm): Screen[] => [
  { path: '/', shows: 'Next best steps', whole: true },
  { path: '/', shows: 'Next best steps', after: openSearch, within: dialog },
  { path: '/', shows: 'Next best steps', after: openMenu, within: 'header, [role=dialog]', whole: true },
  { path: '/clients', shows: 'Bramble & Co Roasters', whole: true },
  { path: '/clients', shows: 'Bramble & Co Roasters', after: openColumns, within: '[role=menu], header' },
  { path: '/clients?health=needs_client&sort=-toReview', shows: 'Ninth Street Florists', after: tickAll },
  { path: '/clients?search=nobody', shows: '“nobody”' },
  { path: '/clients?add=client', shows: 'Business name', within: dialog },
  { path: '/clients?add=client', shows: 'Business name', after: chooseOwnAccess, within: dialog },
  { path: '/clients/upload', shows: 'Larkspur and others.csv' },
  { path: `/clients/upload/${uploads.matching}`, shows: 'What do the columns mean?' },
  { path: `/clients/upload/${uploads.ready}`, shows: 'This is not an e-mail address.', after: editCell },
  { path: `/clients/upload/${uploads.ready}?only=all`, shows: 'Fernhill 3' },
  { path: `/clients/upload/${uploads.done}`, shows: 'The list is added' },
  { path: `/clients/${clientId}`, shows: 'Business Checking', whole: true },
  { path: `/clients/${clientId}/transactions`, shows: 'LANTERN STREET SUPPLY' },
  { path: `/clients/${clientId}/statements`, shows: 'New from the client', after: askToDelete },
  { path: `/clients/${clientId}/rules`, shows: 'Fuel stations' },
  { path: `/clients/${clientId}/rules?rule=${ruleId}`, shows: 'Rule name' },
  { path: `/clients/${clientId}/rules?rule=new&words=diner`, shows: 'Rule name' },
  { path: `/clients/${clientId}/mapping`, shows: 'Categories of the firm' },
  { path: `/clients/${clientId}/messages`, shows: 'No messages yet' },
  { path: `/clients/${clientId}/settings`, shows: 'Save client', after: openDelete },
  { path: '/clients?stuck=yes', shows: 'Ninth Street Florists' },
  { path: '/invites', shows: 'How far clients got', after: openNumbers },
  { path: '/invites?by=bank', shows: 'No certain bank' },
  { path: '/invites/requests?reached=opened', shows: 'Ocotillo Grill' },
  { path: '/', shows: 'Next best steps', after: openSwitch, within: dialog, leave: closeDialog },
  { path: '/connections', shows: 'Ninth Street Florists' },
  { path: '/connections?health=failing', shows: 'Ninth Street Florists', after: openRepair, within: '[role=menu]' },
  { path: '/review', shows: 'PETRO NORTH 0412', after: openEditor, fills: true, whole: true },
  { path: '/review', shows: 'PETRO NORTH 0412', after: openPush, within: dialog },
  { path: '/review?search=nowhere', shows: '“nowhere”' },
  { path: '/rules', shows: 'Choose a client' },
  { path: '/sync-status', shows: 'Saltgrass Outfitters', after: openBatch },
  { path: '/sync-status', shows: 'Saltgrass Outfitters', after: openUndo, within: dialog },
  { path: '/groups', shows: 'Weekly bookkeeping' },
  { path: '/groups', shows: 'Weekly bookkeeping', after: openGroup, within: dialog },
  { path: '/communication/templates', shows: 'Goes out on the third day', after: openTemplateMenu },
  { path: '/communication/templates/invitation-email-en', shows: 'Open your page' },
  { path: '/communication/templates/new?from=reconnect-sms-es', shows: 'Responda STOP', after: leaveOutTheLink, leave: leaveUnsaved },
  { path: '/communication/outreach', shows: 'Ninth Street Florists', after: toTemplates, leave: leaveWizard },
  { path: '/communication/outreach', shows: 'Ninth Street Florists', after: toPreview, leave: leaveWizard },
  { path: '/team', shows: 'Marcus Oyelade', after: openPerson },
  { path: '/team?view=invited', shows: 'priya@quillstone.example' },
  { path: '/audit-log', shows: 'Added a group', after: openEntry },
  { path: '/settings', shows: 'Sender name' },
  { path: '/account', shows: 'Dana Whitlock', after: openSecondFactor },
  { path: '/account', shows: 'Dana Whitlock', after: openPasswordChange, within: dialog },
  { path: '/account', shows: 'The blue security key', after: openPasskeyName, within: dialog },
  { path: '/ops', shows: 'twilio send', after: openDiscard },
  { path: '/ops?task=sweep', shows: 'No failures of' },
]

/** Every screen with nothing on it. */
export const empty = (clientId: string): Screen[] => [
  { path: '/', shows: 'Nobody is stuck', whole: true },
  { path: '/clients', shows: 'Fernhill Pottery' },
  { path: '/clients?locked=yes', shows: 'these filters' },
  { path: '/clients?view=to_review', shows: 'Nothing to review' },
  { path: '/clients/upload', shows: 'No lists yet' },
  { path: `/clients/${clientId}`, shows: 'No banks yet', whole: true },
  { path: `/clients/${clientId}/transactions`, shows: /No transactions/ },
  { path: `/clients/${clientId}/statements`, shows: 'No statements yet' },
  { path: `/clients/${clientId}/rules`, shows: 'No rules yet' },
  { path: `/clients/${clientId}/mapping`, shows: 'QuickBooks is not connected' },
  { path: `/clients/${clientId}/messages`, shows: 'No messages yet' },
  { path: '/invites', shows: 'No invites in the last 30 days' },
  { path: '/invites/requests?reached=opened', shows: 'No invite of this period' },
  { path: '/connections', shows: /No bank/ },
  { path: '/review', shows: 'Nothing to review' },
  { path: '/sync-status', shows: 'Nothing pushed yet' },
  { path: '/groups', shows: 'No groups yet' },
  { path: '/communication/templates?archived=yes', shows: 'Nothing is archived' },
  { path: '/communication/outreach?search=nobody', shows: '“nobody”' },
  { path: '/communication/outreach', shows: 'Fernhill Pottery', after: askForBroken, leave: leaveWizard },
  { path: '/communication/outreach?step=sent', shows: 'There is nothing here' },
  { path: '/team?view=invited', shows: 'Nobody is invited' },
  { path: '/team?view=left', shows: 'Nobody has left' },
  { path: '/audit-log', shows: 'Nothing recorded yet' },
  { path: '/account', shows: 'A passkey is a key' },
]

async function openSearch(page: Page): Promise<void> {
  await page.keyboard.press('Control+k')
  // Whoever types before it is open types into the page
  await page.getByRole('dialog').getByRole('combobox').fill('florist')
  await page.getByRole('option', { name: /Ninth Street Florists/ }).waitFor()
}

/** On a phone the list of clients is in there; a desk has none. */
async function openMenu(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Menu' })
  if ((await button.count()) === 0) return
  await button.click()
  await page.getByRole('dialog').getByRole('link', { name: 'Sync Status' }).waitFor()
}

/** A phone's cards have none. */
async function openColumns(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Columns' })
  if ((await button.count()) === 0) return
  await button.click()
  await page.getByRole('menuitemcheckbox', { name: 'Cell phone' }).waitFor()
}

async function openNumbers(page: Page): Promise<void> {
  await page.getByText('Show numbers').click()
  await page.getByRole('columnheader', { name: 'Went no further' }).waitFor()
}

async function openSwitch(page: Page): Promise<void> {
  await page.getByRole('button', { name: /: Bramble & Co Roasters$/ }).waitFor()
  await page.getByRole('link', { name: 'Bramble & Co Roasters' }).first().click()
  await page.getByRole('button', { name: 'Other steps' }).click()
  await page.getByRole('menuitem', { name: 'Switch to e-mail' }).click()
  await page.getByRole('dialog').getByText('What Nora receives').waitFor()
}

/** It belongs to all pages of its client. */
async function closeDialog(page: Page): Promise<void> {
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}

async function tickAll(page: Page): Promise<void> {
  await page.getByLabel('All that match').check()
  await page.getByRole('region', { name: 'Selected clients' }).getByText('1 selected').waitFor()
}

/** All clients, and their broken connections. */
async function askForBroken(page: Page): Promise<void> {
  await page.getByLabel('All that match').check()
  await page.getByRole('button', { name: 'Next: banks' }).click()
  await page.getByRole('radio', { name: 'Their broken connections' }).check({ force: true })
  await page
    .getByText(/wants a new sign-in\.|Connect banks instead/)
    .last()
    .waitFor()
}

async function toTemplates(page: Page): Promise<void> {
  await askForBroken(page)
  await page.getByRole('button', { name: 'Next: template' }).click()
  await page.getByText(/^Text message in English/).waitFor()
}

async function toPreview(page: Page): Promise<void> {
  await toTemplates(page)
  await page.getByRole('button', { name: 'Next: preview' }).click()
  await page.getByText('Reminder, if needed').waitFor()
}

/** What is chosen is asked about. */
async function leaveWizard(page: Page): Promise<void> {
  await page.evaluate('void __TSR_ROUTER__.navigate({ href: "/" })')
  await page.getByRole('dialog').getByRole('button', { name: 'Leave page' }).click()
  await page.getByRole('heading', { name: /^Good/ }).waitFor()
}

async function openTemplateMenu(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /^More about/ })
    .first()
    .click()
  await page.getByRole('menuitem', { name: 'Duplicate' }).waitFor()
}

async function leaveOutTheLink(page: Page): Promise<void> {
  await page.getByLabel('Text', { exact: true }).fill('Hola {{contact_name}} ☕')
  await page.getByRole('button', { name: 'Add template' }).click()
  await page.getByText('Add {{bank_link}}').waitFor()
}

/** The page asks whoever goes while something is not saved. */
async function leaveUnsaved(page: Page): Promise<void> {
  await page.evaluate('void __TSR_ROUTER__.navigate({ href: "/" })')
  await page.getByRole('dialog').getByRole('button', { name: 'Leave page' }).click()
  await page.getByText('Next best steps').waitFor()
}

async function askToDelete(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /^Delete March/ })
    .first()
    .click()
  await page.getByRole('dialog').getByText('is erased for good').waitFor()
}

async function editCell(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^E-mail of row 14/ }).click()
  await page.getByRole('textbox', { name: 'E-mail of row 14' }).waitFor()
}

async function chooseOwnAccess(page: Page): Promise<void> {
  await page.getByRole('dialog').getByRole('radio').nth(1).check({ force: true })
}

async function openRepair(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /^Repair/ })
    .first()
    .click()
  await page.getByRole('menuitem', { name: 'Remind client' }).waitFor()
}

async function openSecondFactor(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Set up second factor' }).first().click()
  await page.getByRole('dialog').getByRole('img', { name: 'QR code of the key' }).waitFor()
}

async function openPasswordChange(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Change your password' }).click()
  await page.getByRole('dialog').getByLabel('New password', { exact: true }).waitFor()
}

async function openPasskeyName(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Rename the passkey Chrome on Windows' }).click()
  await page.getByRole('dialog').getByLabel('Name').waitFor()
}

/** On a desk the grid's field, on a phone the whole card list stands for it. */
async function openEditor(page: Page): Promise<void> {
  const grid = page.getByRole('grid')
  if ((await grid.count()) === 0) return
  await grid.focus()
  await page.keyboard.type('f')
  await page.getByRole('option', { name: /Fuel/ }).first().waitFor()
}

async function openPush(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Push 1/ }).click()
  await page.getByRole('dialog').getByText('Saltgrass Outfitters').waitFor()
}

async function openDiscard(page: Page): Promise<void> {
  await page.getByText('No worker is running').first().waitFor()
  await page
    .getByRole('button', { name: /^Discard/ })
    .first()
    .click()
  await page.getByRole('dialog').getByText('is forgotten with its reason').waitFor()
}

async function openGroup(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Open Monthly close/ }).click()
  await page.getByRole('dialog').getByText('Ninth Street Florists').waitFor()
}

async function openPerson(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /^Open Marcus Oyelade/ })
    .first()
    .click()
  await page.getByRole('button', { name: /^Let Marcus/ }).click()
  await page.getByRole('dialog').getByText('Who gets').waitFor()
}

async function openEntry(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /^Details/ })
    .first()
    .click()
  await page.getByRole('dialog').getByText('Entry').first().waitFor()
}

async function openBatch(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Entries of Saltgrass/ }).click()
  await page.getByText(/closed through/).waitFor()
}

async function openDelete(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Delete client…' }).click()
  await page.getByRole('dialog').getByText('This cannot be undone').waitFor()
}

/** On a phone Undo stands in the opened card. */
async function openUndo(page: Page): Promise<void> {
  await openBatch(page)
  await page.getByRole('button', { name: /^Undo (1…|the entries of Saltgrass)/ }).click()
  await page
    .getByRole('dialog')
    .getByText(/will be deleted in QuickBooks/)
    .waitFor()
}
