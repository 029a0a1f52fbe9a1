// Tokens and keys made with the npm package jose 6.2.17, which shares no code with eventsd.
#pragma once

namespace eventsd::auth_test {

struct ForeignToken {
  const char* algorithm;
  const char* token;  // {"sub":"alice","iss":"https://issuer.example","exp":4000000000}
};

inline constexpr const char* kForeignSecret =
    "a-secret-of-64-bytes-which-is-as-long-as-the-digest-of-sha512-is";

inline constexpr const char* kForeignKeys =
    "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"tfyb3vAUAh7J6Y-UGqhMKFY_V_PZLMA854Vn5wE3A0GNvmlCjve0-"
    "LVnBlgt_"
    "gs6xzeFMKHPex4f5YHqutEkuQDPdCyFw9kIhe__CSvPRz4hGHjHGopsebtIivKqCpl_eC8imc928-XcT99vK-t4y"
    "1Cp12-3P6isxA1ewIFyU6eN8mhKK_TGnQ-NTrlSq0myYZudHrn-f7PV51i2yP5IbSPl2tFpuuuyG-9fuYcf2zX2p"
    "0H0BmTOl_M5HeUmngLel7S5jc3weCyPS5HCHdpgYeZdKTb4NygxCJP9A642Mwfj3ur1c41PdrrE6f9P1r4CZW79K"
    "n2NAINmgrF8mxrm7Q\",\"e\":\"AQAB\",\"kid\":\"rsa\",\"use\":\"sig\"},{\"kty\":\"EC\",\"x\":"
    "\"H7CLmWcxkmbOhwgn"
    "mDquUACBffhZqc78o2VrY-zIo3A\",\"y\":\"Piq2WFgv4ZT0Rns6kCLWzAptkv38s6VrR3ginAkAv0k\",\"crv\":"
    "\"P-"
    "256\",\"kid\":\"es256\",\"use\":\"sig\"},{\"kty\":\"EC\",\"x\":"
    "\"6m0jvXAeAj6mvD9VMGkySGss8jn0a1eETUJMqYv"
    "2Pb9KFPLO5O1YDIFUv9iWnL_W\",\"y\":\"clBxdFuHjb72JDFGSrRV5g-1_tn3lTgCrIkjoeEnKWU7An1o4bHZzAlT"
    "Bn-GvSzr\",\"crv\":\"P-384\",\"kid\":\"es384\",\"use\":\"sig\"},{\"kty\":\"EC\",\"x\":\"AB-_-"
    "Dj63ej_KAnjyfJ7"
    "UsqQlxgxhH62_T5uLxcM3moyf4Q2pP45DOvKtEvuEKWU6BX9Y7ClgKjyrFkJrWEeQMyl\",\"y\":\"AedwW_5DBnKMe"
    "-qzoSmNmWap71mfL17HIda-B6JNy-ZYo27ooQ535qgvF75XEmpQEW97w5yLzTBvRUbxBOhreehJ\",\"crv\":\"P-52"
    "1\",\"kid\":\"es512\",\"use\":\"sig\"}]}";

inline constexpr ForeignToken kForeignTokens[] = {
    {"RS256",
     "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImlzcyI6Imh0dHB"
     "zOi8vaXNzdWVyLmV4YW1wbGUiLCJleHAiOjQwMDAwMDAwMDB9.lC-CqCbiIvxtnrJxN0OvtK66VciSs_mrUimc38"
     "DLgVfMH4FT8BON3-Uk3U5EmY_-IAB_yzp5Gwwg5RVCP2W9CE-G4VVpwz8RiOErB66BP96Ruil-K2_rsyQhaxmBMO"
     "5UxGzodl5rnTe3DsmypnqAjhczicr_tu5RfajSrfPd2ektbqIKeKGLO9im5HrAD-AI19v308Lfr_X8qMIoSqXmN6"
     "p0plIkuIBzFc20qn8ZR6DcpvTJumgIYlfop1cIpEsILYwEMPAeAEDMH1iWzhZISLSTUw-Yj4-eZRmpn47AgLMCxs"
     "5KPcjb9WjYre0QZI99fse8QhzbVdZB_QFe0UCfQA"},
    {"RS384",
     "eyJhbGciOiJSUzM4NCIsImtpZCI6InJzYSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImlzcyI6Imh0dHB"
     "zOi8vaXNzdWVyLmV4YW1wbGUiLCJleHAiOjQwMDAwMDAwMDB9.FStwziNlp7WKVs-JaBO2GdxeoBpY3hl0CLEwW4"
     "SB4DAq9uW5L3YmpW_uLJuz-wfVXYyYe8T72WttIllMuu_1vurn9YLT81RuJYuhOr2ji6iQb7cjLjaR5_mtK2_F9T"
     "0Vxgvr_rIbv5EtzCOi92MqI3AJV2n1VoO3ALzzcE5RigJqh8I_gdiebBRS8dzY_mH0DSzGKypD0JJvDcL0y82lZh"
     "uMAI1EThG-0eh6WQYL0nH-9uo1VjcnFZ1KtNurdB2uKHVLYkIP9cEPM0fBgmeToQIJJHz0RXgtRF7GuB9j5nzu65"
     "jRg_Ww5PI_A4AEfZeEnqM2paAXW2u8hsum0C-Jdg"},
    {"RS512",
     "eyJhbGciOiJSUzUxMiIsImtpZCI6InJzYSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImlzcyI6Imh0dHB"
     "zOi8vaXNzdWVyLmV4YW1wbGUiLCJleHAiOjQwMDAwMDAwMDB9.gGz_VoI8FE1W7Y2aR-4uY40Rme0Zh1OUVMgGg_"
     "IrvhmaxVwM2NT0jMgd-t0Xax6-2L5NxBy0512gDrlGYVRCGCOnFvN3gLxi5kPRkApkQP_mZDPBTTG6Tt_vKyqyAm"
     "cvfVA7SvxT1qNDHWdZc98wpZD2P3bLOuA29WD08V5kMxHKf7hq67-1RZRAFtqTyo7n-Lml-ajYxukxc389VKZX4j"
     "lkJa1AA5En2hIABTrey-eZHS0lg8wjrmopUzJmEoGReiNjDFiK4E7UXid8vh3pGZqbKt8jOl_VSWqWkWvH47UKcs"
     "XCTsdnqT0802Y74EIUWLUzIEfA3jXaQ25PEaB9jQ"},
    {"PS256",
     "eyJhbGciOiJQUzI1NiIsImtpZCI6InJzYSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImlzcyI6Imh0dHB"
     "zOi8vaXNzdWVyLmV4YW1wbGUiLCJleHAiOjQwMDAwMDAwMDB9.pauD71ymKqc7i1qNU-dZg8QXfVRBzhykh17i3r"
     "qLR8xIwhWuQ3RWRxIhlXpW2EHw_cGE6kbDklSjHoKV70NV7EMW99m52uT1BAQgHRDIea9vCB9966qetECQy0aLli"
     "17QTpuMaQzYcsxzyE6CIq0XfbGFpyQKUICLt9u3RD_zyy4bTz871zI28mc4xK0PfbEOk1qp5ovIAaLhcffWKT-Va"
     "EIuqeV3zcAcsbAkNKfOSPsM5Ajm501r8majyDJzTVEy9_XgpQi3NUcrQ3rAAwBJi-KlnnY3RCrbjzwDBnY35Oxcg"
     "WUSwAnlOstZYnrvCmzvc8Yru4F75C-gk86WMpg8g"},
    {"PS384",
     "eyJhbGciOiJQUzM4NCIsImtpZCI6InJzYSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImlzcyI6Imh0dHB"
     "zOi8vaXNzdWVyLmV4YW1wbGUiLCJleHAiOjQwMDAwMDAwMDB9.nplsP-gYku9IulATFhCQ5vUE1PUpWY6Hw4TkkQ"
     "a6lyD4LPmADZAJhUlmXACjJWFJ8crBMORxmFcUBHg-iOOPYu--1j9bvDRellSW437W3vTCSsstg2U1LEqbYROV20"
     "yGu-xUkPgSFE625ZqGwfaLkHGbAumF1Se48nVqrVUJaJmTo3DoDzo85x0XeAoAoIh95gveAvEXkY6V1Nd0-qfP09"
     "WB274HgfTlmx2oqVesoP_kBy7rEJYq7ka-Ash6Xf3iqLcE9Yps4ePY-ySDqzLqu3Zj46mamxWZKNb-pNcmrGl35x"
     "11aQAmr35ParF5Q3XvkSJjH4Z4xlw0xPQxm9cZSQ"},
    {"PS512",
     "eyJhbGciOiJQUzUxMiIsImtpZCI6InJzYSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImlzcyI6Imh0dHB"
     "zOi8vaXNzdWVyLmV4YW1wbGUiLCJleHAiOjQwMDAwMDAwMDB9.hoJWM87jWbpMsjeHYd2_8XUlpSekSi164ND0qY"
     "tHNY8IuISL6PwM92fNtyJDVIsg2gUfdlX7L9aYbYE9HJZp6qAndaEdFj7NhXGG1vjEwLOBIe8kFs7717N4Kk9Kq2"
     "Lj-atFOPmu0_NYwZ-sBeDVLDfrLEYTgItgInODvPXTnusiQ_TanJRwtxqH_s0sU0fnEvYNy7vz2wV8GftTpP3u2k"
     "99rf4429MuY0w3ik-Y9aL8xG0haNHq-1RYSDIbRZ_Cjoog8dD2ihEAsXqtUR9EM9dRqEet00iJ1Ke-dIMzeSePFZ"
     "OGGJCAPrWxtJ16_UTt1JnLlJNIClxxwdgpeTSRPA"},
    {"ES256",
     "eyJhbGciOiJFUzI1NiIsImtpZCI6ImVzMjU2IiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbGljZSIsImlzcyI6Imh0"
     "dHBzOi8vaXNzdWVyLmV4YW1wbGUiLCJleHAiOjQwMDAwMDAwMDB9.oikC6p5Ip91vHgI0ulF-JoJhLufmqm5-7Qk"
     "5fjgTC_RYX6JPHIJc_z_XQCE8egOd95XR9Xl02Kdl2Mk1xxE7vQ"},
    {"ES384",
     "eyJhbGciOiJFUzM4NCIsImtpZCI6ImVzMzg0IiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbGljZSIsImlzcyI6Imh0"
     "dHBzOi8vaXNzdWVyLmV4YW1wbGUiLCJleHAiOjQwMDAwMDAwMDB9.3IN-HfsgOcr-FNkNo9h953dP16PWRENHisz"
     "jcyrafuXuBMeZFuPFMVLelYluGceh8Ugy5jbuztToP3znNiJ29K3ervS-3_eM2y6iSuCcUhVFwtRpUaSvrFdFBW7"
     "vskwP"},
    {"ES512",
     "eyJhbGciOiJFUzUxMiIsImtpZCI6ImVzNTEyIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbGljZSIsImlzcyI6Imh0"
     "dHBzOi8vaXNzdWVyLmV4YW1wbGUiLCJleHAiOjQwMDAwMDAwMDB9.AGAnWlU6Y5zxlznLvCoAd1ojeaPKQ0q1NQn"
     "TcpMwI9yYhctgSDHHODkztMx23lM0xq2g9nq78ZLnqTY6GfGqp726AdfJeWZApeXeH_R6OPuXS89iW-XQ9hgAERX"
     "BkrWPXl5IwTaUXCMuimNhrIXCBJSPnSumQzD2x5F0dz4LLXdVlakj"},
    {"HS256",
     "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSIsImlzcyI6Imh0dHBzOi8vaXNzdWVyLmV4YW1wbGUiLCJleHA"
     "iOjQwMDAwMDAwMDB9.QIzJ-Pf-IDRml4Nwdd5MdAUovh_IV_PzjH1M2UEwjGw"},
    {"HS384",
     "eyJhbGciOiJIUzM4NCJ9.eyJzdWIiOiJhbGljZSIsImlzcyI6Imh0dHBzOi8vaXNzdWVyLmV4YW1wbGUiLCJleHA"
     "iOjQwMDAwMDAwMDB9.0gk6kBx9YmoCxKHpT6LGGiGFUVhCaUAemYBT2cGC4g6BtBCGcsD8C17EY7A7hEmy"},
    {"HS512",
     "eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJhbGljZSIsImlzcyI6Imh0dHBzOi8vaXNzdWVyLmV4YW1wbGUiLCJleHA"
     "iOjQwMDAwMDAwMDB9.dWNL0TgNUSgvuaIdo0wgIWea2ZCubUdGMgKXkfgQknrIHT8hZGdMBBiAqC18HCfSrYUjTZ"
     "4rs-VyPhd6SLDC4w"},
};

}  // namespace eventsd::auth_test
