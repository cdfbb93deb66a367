-- Text in every character set: all bytes that a single-byte set knows, text of
-- the East Asian ones, and collations old and new.
SET NAMES utf8mb4;
SET SESSION sql_mode='';
CREATE DATABASE charsets CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_ai_ci;
USE charsets;
DELIMITER //
BEGIN NOT ATOMIC
  FOR cs IN (SELECT character_set_name AS n, maxlen AS m FROM information_schema.character_sets) DO
    EXECUTE IMMEDIATE CONCAT('CREATE TABLE `in_', cs.n, '` (id INT PRIMARY KEY AUTO_INCREMENT, c CHAR(20) CHARACTER SET ', cs.n,
      ', v VARCHAR(300) CHARACTER SET ', cs.n, ' NOT NULL DEFAULT ''x'', t LONGTEXT CHARACTER SET ', cs.n,
      ', e ENUM(''a'',''bc'') CHARACTER SET ', cs.n, ', s SET(''p'',''q'') CHARACTER SET ', cs.n, ', KEY (v(20)), KEY (c))');
    EXECUTE IMMEDIATE CONCAT('INSERT INTO `in_', cs.n, '` (c, v, t, e, s) VALUES (''a  '', ''tab\\tnl\\n\\\\q'', ''\\\\N'', ''bc'', ''p,q''), ('''', '''', '''', 1, 0), (NULL, DEFAULT, NULL, NULL, NULL)');
    IF cs.m = 1 THEN
      FOR i IN 1 .. 255 DO
        EXECUTE IMMEDIATE CONCAT('INSERT IGNORE INTO `in_', cs.n, '` (v, t) VALUES (_binary x''', HEX(CHAR(i)), ''', _binary x''61', HEX(CHAR(i)), '09', HEX(CHAR(i)), ''')');
      END FOR;
    END IF;
  END FOR;
END//
DELIMITER ;
INSERT INTO in_sjis (v, t) VALUES ('表ソ十貼', '能\\表'), (_sjis x'815C', _sjis x'835C5C');
INSERT INTO in_cp932 (v, t) VALUES ('表①髙', _cp932 x'FAFCF040');
INSERT INTO in_gbk (v, t) VALUES ('誠汉字', _gbk x'815CD55C');
INSERT INTO in_gb2312 (v, t) VALUES ('汉字', '中');
INSERT INTO in_big5 (v, t) VALUES ('功許蓋', _big5 x'A55CB35C');
INSERT INTO in_ujis (v, t) VALUES ('日本語ｶﾅ', _ujis x'8FB0A1');
INSERT INTO in_eucjpms (v, t) VALUES ('日本語①', '表');
INSERT INTO in_euckr (v, t) VALUES ('한국어', '가');
INSERT INTO in_ucs2 (v, t) VALUES ('é表', _ucs2 x'005C000A00090000D800'), ('\\', '\n');
INSERT INTO in_utf16 (v, t) VALUES ('😀𝄞é', 'x\0y');
INSERT INTO in_utf16le (v, t) VALUES ('😀𝄞é', 'x\0y');
INSERT INTO in_utf32 (v, t) VALUES ('😀𝄞é', 'x\0y');
INSERT INTO in_utf8mb3 (v, t) VALUES ('é表€', 'x\0y');
INSERT INTO in_utf8mb4 (v, t) VALUES ('é表€😀👩‍👩‍👧', 'x\0y');
CREATE TABLE collations (
  a VARCHAR(50) COLLATE utf8mb4_uca1400_ai_ci NOT NULL, b VARCHAR(50) COLLATE utf8mb4_uca1400_swedish_as_cs,
  c VARCHAR(50) COLLATE utf8mb4_unicode_520_nopad_ci, d VARCHAR(50) COLLATE utf8mb4_bin, e VARCHAR(50) COLLATE utf8mb4_nopad_bin,
  f VARCHAR(50) CHARACTER SET utf8mb3 COLLATE utf8mb3_uca1400_german2_ai_cs, g VARCHAR(50) CHARACTER SET latin1 COLLATE latin1_german2_ci,
  h VARCHAR(50) CHARACTER SET ucs2 COLLATE ucs2_uca1400_turkish_as_ci, PRIMARY KEY (a), UNIQUE (c, d), KEY (g, h)
) COLLATE utf8mb4_turkish_ci;
INSERT INTO collations VALUES ('ß', 'ß', 'ß', 'ß', 'ß', 'ß', 'ß', 'ß'), ('i', 'I', 'ı', 'İ', 'i ', 'ä', 'ä', 'İ'), ('ø', 'Ø', 'ø ', 'ø', 'ø', NULL, NULL, NULL), ('', ' ', '  ', '   ', '', '', '', ''), ('z', 'Z', 'ø', 'x', 'x', 'x', 'x', 'x');
-- Keys that a collation orders: the order of rows must not depend on luck.
CREATE TABLE ties (k VARCHAR(20) COLLATE utf8mb4_general_ci, v INT);
INSERT INTO ties VALUES ('a', 1), ('A', 1), ('á', 1), ('a ', 1), ('a', 2), ('A', 2), (NULL, 1);
CREATE TABLE no_pad (k VARCHAR(20) COLLATE utf8mb4_general_nopad_ci PRIMARY KEY);
INSERT INTO no_pad VALUES ('a'), ('a '), ('a  ');
