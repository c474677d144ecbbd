// auth.ts
import { createAuthClient } from '@tandem-auth/client'

export const auth = createAuthClient({ mode: 'dual' })
