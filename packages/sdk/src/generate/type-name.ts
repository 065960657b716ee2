/**
 * The name of a contract's type: `support-chat`, `v1`, `Input` give `SupportChatV1Input`. No two models share one: a capital
 * or an underscore stands for each hyphen, and the last V with digits ends the model's part.
 */
export function typeName(model: string, major: string, part: 'Input' | 'Output' | 'Chunk'): string {
  const [first = '', ...rest] = model.split('-')
  const words = [capital(first), ...rest.map((word) => (/^[a-z]/.test(word) ? capital(word) : `_${word}`))]
  return `${words.join('')}${capital(major)}${part}`
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
