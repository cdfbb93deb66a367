-- The accounts of a site: their privileges on it, roles, limits.
SET NAMES utf8mb4;
SET SESSION sql_mode='';
CREATE DATABASE site_a; CREATE DATABASE site_b; CREATE DATABASE `site_x`; CREATE DATABASE siteyx;
CREATE TABLE site_a.t (a INT, b INT, c INT); CREATE TABLE site_b.t (a INT);
CREATE TABLE `site_x`.t (a INT); CREATE TABLE siteyx.t (a INT);
DELIMITER //
CREATE PROCEDURE site_a.p() SELECT 1//
CREATE FUNCTION site_a.f() RETURNS INT RETURN 1//
DELIMITER ;
CREATE USER app@localhost IDENTIFIED BY 'it''s a \\ secret';
CREATE USER app@'10.0.0.%' IDENTIFIED BY PASSWORD '*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19' REQUIRE SSL WITH MAX_USER_CONNECTIONS 10 MAX_QUERIES_PER_HOUR 5;
CREATE USER `o'd"d ``u`@`%` IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD('x');
CREATE USER locked@localhost IDENTIFIED BY 'x' ACCOUNT LOCK PASSWORD EXPIRE INTERVAL 90 DAY;
CREATE USER tls@'%' REQUIRE SUBJECT '/CN=it''s me' AND ISSUER '/CN=ca';
CREATE USER nobody@localhost;
CREATE ROLE reader; CREATE ROLE writer; CREATE ROLE `odd role`;
GRANT SELECT ON site_a.* TO reader; GRANT reader TO writer; GRANT INSERT, UPDATE (b, c) ON site_a.t TO writer; GRANT `odd role` TO app@localhost; GRANT EXECUTE ON `site\_x`.* TO `odd role`;
GRANT ALL PRIVILEGES ON site_a.* TO app@localhost WITH GRANT OPTION; GRANT SELECT, SHOW VIEW, TRIGGER ON site_b.* TO app@'10.0.0.%';
GRANT SELECT (a), REFERENCES (b) ON site_a.t TO `o'd"d ``u`@`%`; GRANT EXECUTE ON PROCEDURE site_a.p TO `o'd"d ``u`@`%`; GRANT EXECUTE, ALTER ROUTINE ON FUNCTION site_a.f TO locked@localhost WITH GRANT OPTION;
GRANT SELECT ON `site%`.* TO tls@'%'; GRANT writer TO locked@localhost WITH ADMIN OPTION; SET DEFAULT ROLE writer FOR locked@localhost; GRANT DELETE ON `site_x`.t TO tls@'%'; GRANT SELECT ON site_a.* TO nobody@localhost;
-- What is granted on stays granted when it is gone.
CREATE TABLE site_a.gone (x INT, `y ``ON z` INT); CREATE VIEW site_a.seen AS SELECT a FROM site_a.t; GRANT SELECT ON site_a.seen TO nobody@localhost; GRANT SELECT (x, `y ``ON z`), INSERT ON site_a.gone TO nobody@localhost WITH GRANT OPTION; GRANT UPDATE (x) ON site_a.gone TO writer;
DROP TABLE site_a.gone;
