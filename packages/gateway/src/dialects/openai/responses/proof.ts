/**
 * `encrypted_content` of a reasoning item is what a vendor wants back unchanged. OpenAI hides the reasoning itself in it; a signature
 * beside readable reasoning, which other vendors give, travels in it too, marked, so that it is found again when the caller sends it back.
 */
export interface Proof {
  readonly signature?: string
  readonly redacted?: string
}

const signatureMark = 'signature:'

export function writeProof({ signature, redacted }: Proof): string | undefined {
  return redacted ?? (signature === undefined ? undefined : signatureMark + signature)
}

export function readProof(encrypted: unknown): Proof {
  if (typeof encrypted !== 'string' || encrypted === '') return {}
  if (encrypted.startsWith(signatureMark)) return { signature: encrypted.slice(signatureMark.length) }
  return { redacted: encrypted }
}
