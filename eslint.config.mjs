import n8nCommunityNodes from '@n8n/eslint-plugin-community-nodes';
import { defineConfig, globalIgnores } from 'eslint/config';
import n8nNodesBase from 'eslint-plugin-n8n-nodes-base';
import typescriptEslint from 'typescript-eslint';

/** What needs the packages of harness/n8n, which only the commands that start a real n8n install. */
const endToEndSource = ['harness/n8n/*.ts', 'test/e2e/**/*.ts', 'test/scripts/bench/*.ts', 'scripts/n8n.ts', 'scripts/pictures.ts', 'scripts/record.ts', 'scripts/record/*.ts', 'scripts/bench.ts', 'scripts/bench/*.ts'];
const shippedSource = ['nodes/**/*.ts', 'credentials/**/*.ts'];

/** Both n8n plugins as n8n's reviewers run them: https://www.npmjs.com/package/@n8n/scan-community-package */
const n8nReview = defineConfig(
	{
		files: [...shippedSource, 'package.json'],
		extends: [n8nCommunityNodes.configs.recommended],
		plugins: { 'n8n-nodes-base': n8nNodesBase },
		// The reviewers' scan does not honour inline disables either.
		linterOptions: { noInlineConfig: true },
		rules: { 'no-console': 'error' },
	},
	{
		files: ['package.json'],
		languageOptions: { parser: typescriptEslint.parser },
		rules: n8nNodesBase.configs.community.rules,
	},
	{
		files: ['credentials/**/*.ts'],
		rules: {
			...n8nNodesBase.configs.credentials.rules,
			// The five rules that the scan switches off as well; newer rules of the community plugin replace them.
			'n8n-nodes-base/cred-class-field-documentation-url-miscased': 'off',
			'n8n-nodes-base/cred-class-field-type-options-password-missing': 'off',
		},
	},
	{
		files: ['nodes/**/*.ts'],
		rules: {
			...n8nNodesBase.configs.nodes.rules,
			'n8n-nodes-base/node-class-description-inputs-wrong-regular-node': 'off',
			'n8n-nodes-base/node-class-description-outputs-wrong': 'off',
			'n8n-nodes-base/node-param-type-options-max-value-present': 'off',
		},
	},
);

export default defineConfig(
	globalIgnores(['dist/', '**/node_modules/', '.work/', 'coverage/', 'test/e2e/output/']),
	{ linterOptions: { reportUnusedDisableDirectives: 'error' } },
	{
		files: ['**/*.{js,mjs}'],
		rules: { 'no-unused-vars': ['error', { ignoreRestSiblings: true }], 'prefer-const': 'error', eqeqeq: 'error' },
	},
	{
		files: ['**/*.ts'],
		extends: [typescriptEslint.configs.strictTypeChecked],
		languageOptions: {
			parserOptions: { project: './test/tsconfig.json', tsconfigRootDir: import.meta.dirname },
		},
		rules: {
			'@typescript-eslint/consistent-type-imports': 'error',
			'@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
			// `async` also turns what a method of an interface throws into a rejection.
			'@typescript-eslint/require-await': 'off',
			'@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
			'@typescript-eslint/switch-exhaustiveness-check': [
				'error',
				{ considerDefaultExhaustiveForUnions: true },
			],
			eqeqeq: 'error',
		},
	},
	{
		// Without types, so that linting does not depend on what is installed; tsc checks them before they run.
		files: endToEndSource,
		extends: [typescriptEslint.configs.disableTypeChecked],
	},
	{
		files: ['test/**/*.ts'],
		rules: {
			'@typescript-eslint/no-non-null-assertion': 'off',
			// Jest's asymmetric matchers are of type any: { id: expect.any(String) }
			'@typescript-eslint/no-unsafe-assignment': 'off',
		},
	},
	n8nReview,
);
