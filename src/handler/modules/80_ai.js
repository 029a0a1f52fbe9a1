// @aws-appsync/utils/ai (handlers rule 4.4).
modules['@aws-appsync/utils/ai'] = {
  invokeModel: (request) => ({ operation: 'InvokeModel', ...request }),
  converse: (request) => ({ operation: 'Converse', ...request }),
};
