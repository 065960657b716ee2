import { errors } from 'jose'
import { AstraError } from '../kernel/errors.ts'

/** Public words by jose's stable codes; a code that is not here gets the table's own. */
const words: Readonly<Record<string, string>> = {
  [errors.JWTExpired.code]: 'The token has expired',
  [errors.JOSEAlgNotAllowed.code]: 'The algorithm of the token is not allowed here',
  [errors.JOSENotSupported.code]: 'The token asks for what is not supported here',
  [errors.JWKSNoMatchingKey.code]: 'The token is signed with a key that its issuer does not list',
  [errors.JWSSignatureVerificationFailed.code]: 'The signature of the token is not right',
  [errors.JWSInvalid.code]: 'The token cannot be read',
  [errors.JWTInvalid.code]: 'The token cannot be read',
}

const claimWords: Readonly<Record<string, string>> = {
  aud: 'The token is meant for another audience',
  exp: 'The token says no time at which it expires',
  iss: 'The issuer of the token is not known here',
  nbf: 'The token is not valid yet',
}

export function invalidToken(detail?: string, reason?: string): AstraError {
  return new AstraError('invalid_token', {
    ...(detail === undefined ? {} : { detail }),
    ...(reason === undefined ? {} : { reason }),
  })
}

/** What jose threw, in words for the caller. Its own messages hold no part of the token, and go to operators only. */
export function tokenFault(thrown: unknown): AstraError {
  if (thrown instanceof AstraError) return thrown
  if (thrown instanceof errors.JWTClaimValidationFailed)
    return invalidToken(claimWords[thrown.claim] ?? 'A claim of the token is not right', thrown.message)
  if (thrown instanceof errors.JOSEError) return invalidToken(words[thrown.code], thrown.message)
  // An unfit key, such as RSA with 1024 bits, is a TypeError: the token is refused all the same.
  return invalidToken(undefined, thrown instanceof Error ? thrown.message : undefined)
}
