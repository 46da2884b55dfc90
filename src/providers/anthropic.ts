import type { Provider } from './provider.ts'

export const anthropic: Provider = {
  id: 'anthropic',
  name: 'Anthropic',
  dialect: 'anthropic-messages',
  baseUrl: 'https://api.anthropic.com/v1',
  keyFrom: ['ANTHROPIC_API_KEY'],
  serves: ['claude-'],
  docs: 'https://platform.claude.com/docs/en/api/messages',
}
