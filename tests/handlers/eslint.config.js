// AppSync's own rules for handlers, with the types that some of them ask for.
import appsync from '@aws-appsync/eslint-plugin';

const { recommended } = appsync.configs;

export default [
  {
    files: ['cases/*.js', 'beyond/*.js'],
    ...recommended,
    languageOptions: {
      ...recommended.languageOptions,
      parserOptions: { project: './tsconfig.lint.json', tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { noInlineConfig: true },
  },
];
