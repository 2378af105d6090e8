import { describeScreens } from './screens.ts'

describeScreens('phone')
