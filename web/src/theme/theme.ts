import {
  ActionIcon,
  Button,
  Checkbox,
  createTheme,
  type CSSVariablesResolver,
  Drawer,
  Input,
  type MantineColorsTuple,
  Menu,
  Modal,
  PasswordInput,
  Radio,
  Select,
  SegmentedControl,
  Switch,
  Textarea,
  TextInput,
  Tooltip,
} from '@mantine/core'
import controls from './controls.module.css'

const ledger: MantineColorsTuple = [
  '#eef2fe',
  '#dde4fc',
  '#bac8f9',
  '#9db0ff',
  '#6f86ee',
  '#4a64db',
  '#3350cc',
  '#2b45b3',
  '#233994',
  '#1d2540',
]
const red: MantineColorsTuple = [
  '#fdecea',
  '#f9d3cf',
  '#f4aba4',
  '#ff9a8f',
  '#e5574b',
  '#d13a2e',
  '#ce2b20',
  '#b3261c',
  '#8f1f17',
  '#3a1b19',
]
const green: MantineColorsTuple = [
  '#e7f5ee',
  '#cdeadc',
  '#a3d9bf',
  '#5cc896',
  '#3aa574',
  '#2a9767',
  '#1f8a5b',
  '#16734a',
  '#115a3a',
  '#15291f',
]
const amber: MantineColorsTuple = [
  '#fdf3df',
  '#fae4b9',
  '#f4cc80',
  '#edb75a',
  '#dd9a2c',
  '#cf8813',
  '#bf7705',
  '#8a5300',
  '#6b4100',
  '#2e2413',
]
const gray: MantineColorsTuple = [
  '#f6f7f9',
  '#f0f2f5',
  '#e4e7ec',
  '#cbd0d9',
  '#a9b0bc',
  '#878e9c',
  '#646b7a',
  '#474e5d',
  '#2f3542',
  '#161a22',
]
const dark: MantineColorsTuple = [
  '#e9ebef',
  '#b3bac7',
  '#8d95a5',
  '#6b7384',
  '#3b414d',
  '#252a33',
  '#1e222a',
  '#14171c',
  '#0f1115',
  '#0a0c0f',
]

/** The heights of the design by size: 24 in cards, 28 in rows and filters, 32 default, 40 form footers, 48 phones. */
const heights: Record<string, string> = { xs: '24px', sm: '28px', md: '32px', lg: '40px', xl: '48px' }
const fontSizes: Record<string, string> = { xs: '12px', sm: '13px', md: '13px', lg: '14px', xl: '16px' }
const paddings: Record<string, string> = { xs: '8px', sm: '10px', md: '12px', lg: '16px', xl: '20px' }

const heightOf = (size: unknown): string => heights[typeof size === 'string' ? size : 'md'] ?? '32px'
const fontOf = (size: unknown): string => fontSizes[typeof size === 'string' ? size : 'md'] ?? '13px'

const inputClasses = {
  input: controls.input ?? '',
  label: controls.label ?? '',
  description: controls.description ?? '',
  error: controls.error ?? '',
}
/** Label above; an error stands between the field and its help. */
const inputOrder = ['label' as const, 'input' as const, 'error' as const, 'description' as const]
const chevrons = { comboboxProps: { shadow: 'md', offset: 4 }, checkIconPosition: 'right' as const }

export const theme = createTheme({
  colors: { ledger, red, green, amber, gray, dark },
  primaryColor: 'ledger',
  primaryShade: { light: 6, dark: 5 },
  fontFamily: 'var(--font)',
  headings: { fontFamily: 'var(--font)' },
  fontSizes: { xs: '12px', sm: '13px', md: '13px', lg: '14px', xl: '16px' },
  lineHeights: { xs: '16px', sm: '20px', md: '20px', lg: '20px', xl: '24px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  radius: { xs: '4px', sm: '6px', md: '6px', lg: '8px', xl: '12px' },
  defaultRadius: 'sm',
  focusRing: 'auto',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: Button.extend({
      defaultProps: { size: 'md', variant: 'default' },
      classNames: { root: controls.button ?? '', section: controls.buttonSection ?? '' },
      vars: (_theme, { size }) => ({
        root: {
          '--button-height': heightOf(size),
          '--button-padding-x': paddings[String(size ?? 'md')] ?? '12px',
          '--button-fz': fontOf(size),
        },
      }),
    }),
    ActionIcon: ActionIcon.extend({
      defaultProps: { size: 'md', variant: 'subtle', color: 'gray' },
      classNames: { root: controls.icon ?? '' },
      vars: (_theme, { size }) => ({ root: { '--ai-size': heightOf(size) } }),
    }),
    Input: Input.extend({
      vars: (_theme, { size }) => ({ wrapper: { '--input-height': heightOf(size), '--input-fz': fontOf(size) } }),
    }),
    InputWrapper: Input.Wrapper.extend({
      classNames: { label: controls.label ?? '', description: controls.description ?? '', error: controls.error ?? '' },
    }),
    TextInput: TextInput.extend({ defaultProps: { size: 'md', inputWrapperOrder: inputOrder }, classNames: inputClasses }),
    PasswordInput: PasswordInput.extend({ defaultProps: { size: 'md', inputWrapperOrder: inputOrder }, classNames: inputClasses }),
    Textarea: Textarea.extend({ defaultProps: { size: 'md', inputWrapperOrder: inputOrder }, classNames: inputClasses }),
    Select: Select.extend({
      defaultProps: { size: 'md', inputWrapperOrder: inputOrder, allowDeselect: false, ...chevrons },
      classNames: { ...inputClasses, option: controls.option ?? '', dropdown: controls.dropdown ?? '' },
    }),
    Checkbox: Checkbox.extend({
      defaultProps: { size: 'xs' },
      classNames: { input: controls.check ?? '', label: controls.checkLabel ?? '', inner: controls.checkInner ?? '' },
    }),
    Radio: Radio.extend({
      defaultProps: { size: 'xs' },
      classNames: { radio: controls.check ?? '', label: controls.checkLabel ?? '', inner: controls.checkInner ?? '' },
    }),
    Switch: Switch.extend({
      defaultProps: { size: 'sm', withThumbIndicator: false },
      classNames: { description: controls.description ?? '' },
    }),
    SegmentedControl: SegmentedControl.extend({ defaultProps: { size: 'sm', withItemsBorders: false } }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 300, events: { hover: true, focus: true, touch: true }, multiline: true, maw: 300 },
    }),
    Menu: Menu.extend({
      // The placeholder that takes the focus first is a child that a menu must not have (WAI-ARIA 1.2, role menu)
      defaultProps: { shadow: 'md', offset: 4, width: 240, position: 'bottom-end', withinPortal: true, withInitialFocusPlaceholder: false },
      classNames: {
        dropdown: controls.dropdown ?? '',
        item: controls.option ?? '',
        divider: controls.divider ?? '',
        label: controls.menuLabel ?? '',
      },
    }),
    Modal: Modal.extend({
      defaultProps: { centered: true, radius: 'xl', transitionProps: { duration: 120, transition: 'fade' } },
      classNames: { content: controls.dialog ?? '', title: controls.dialogTitle ?? '', header: controls.dialogHeader ?? '' },
    }),
    Drawer: Drawer.extend({
      defaultProps: { position: 'right', transitionProps: { duration: 120, transition: 'fade' } },
      classNames: { content: controls.drawer ?? '', title: controls.dialogTitle ?? '' },
    }),
  },
})

/** Points the library's own variables at the tokens, so that its parts follow both colour schemes. */
const bound = {
  '--mantine-color-body': 'var(--surface)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-bright': 'var(--text)',
  '--mantine-color-dimmed': 'var(--text-3)',
  '--mantine-color-placeholder': 'var(--text-3)',
  '--mantine-color-anchor': 'var(--accent)',
  '--mantine-color-error': 'var(--bad)',
  '--mantine-color-default': 'var(--surface)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-default-color': 'var(--text)',
  '--mantine-color-default-border': 'var(--line-2)',
  '--mantine-color-disabled': 'var(--sunken)',
  '--mantine-color-disabled-color': 'var(--text-3)',
  '--mantine-color-disabled-border': 'var(--line)',
  '--mantine-primary-color-filled': 'var(--accent-fill)',
  '--mantine-primary-color-filled-hover': 'var(--accent-fill-hover)',
  '--mantine-color-ledger-filled': 'var(--accent-fill)',
  '--mantine-color-ledger-filled-hover': 'var(--accent-fill-hover)',
  '--mantine-color-red-filled': 'var(--red-fill)',
  '--mantine-color-red-filled-hover': 'var(--red-fill-hover)',
  '--mantine-color-gray-light': 'var(--sunken)',
  '--mantine-color-gray-light-color': 'var(--text-2)',
  '--mantine-color-gray-light-hover': 'var(--hover)',
  '--mantine-shadow-md': 'var(--shadow)',
}
export const cssVariables: CSSVariablesResolver = () => ({ variables: {}, light: bound, dark: bound })
