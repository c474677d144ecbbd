// sign-in.ts
import { isAuthError, type AuthClient } from '@tandem-auth/client'

export async function signIn(auth: AuthClient, email: string, password: string): Promise<Record<string, string>> {
  try {
    await auth.signIn({ email, password })
    return {}
  } catch (error) {
    if (!isAuthError(error)) throw error
    if (error.code === 'invalid_credentials') return { '': 'The address or the password is wrong.' }
    if (error.code === 'validation_failed') return error.fields
    return { '': error.retryable ? 'Please try again in a moment.' : `This did not work (${error.code}).` }
  }
}
